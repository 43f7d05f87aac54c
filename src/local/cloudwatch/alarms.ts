import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { StartError } from '../settings.ts';
import type { Alarm } from './alarm.ts';

/** The alarms, in one file that is written anew with every change: a person has a handful of them. */
export class Alarms {
  readonly #file: string;
  #alarms: ReadonlyMap<string, Alarm>;

  /** Throws when the file cannot be read. */
  constructor(file: string) {
    this.#file = file;
    mkdirSync(dirname(file), { recursive: true });
    this.#alarms = new Map(read(file).map((alarm) => [alarm.AlarmName, alarm]));
  }

  get(name: string): Alarm | undefined {
    return this.#alarms.get(name);
  }

  all(): Alarm[] {
    return [...this.#alarms.values()];
  }

  /** Throws what the file system says; nothing has changed then. */
  put(changed: readonly Alarm[]): void {
    this.#write(
      new Map([...this.#alarms, ...changed.map((alarm) => [alarm.AlarmName, alarm] as const)]),
    );
  }

  /** Throws what the file system says; nothing has changed then. */
  delete(names: readonly string[]): void {
    const gone = new Set(names);
    this.#write(new Map([...this.#alarms].filter(([name]) => !gone.has(name))));
  }

  #write(alarms: ReadonlyMap<string, Alarm>): void {
    writeFileSync(`${this.#file}.tmp`, `${JSON.stringify([...alarms.values()], null, 1)}\n`);
    renameSync(`${this.#file}.tmp`, this.#file);
    this.#alarms = alarms;
  }
}

function read(file: string): Alarm[] {
  if (!existsSync(file)) return [];
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Alarm[];
  } catch (cause) {
    throw new StartError(`${file} is damaged. Mend it, or remove it to start without alarms.`, {
      cause,
    });
  }
}
