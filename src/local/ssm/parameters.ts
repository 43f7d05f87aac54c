import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { StartError } from '../settings.ts';

export interface Parameter {
  readonly Name: string;
  readonly Value: string;
  readonly Type: 'String' | 'SecureString';
  readonly Version: number;
  /** Seconds since the Unix epoch. */
  readonly LastModifiedDate: number;
}

/**
 * The parameters, in one file that is written anew with every change. It holds secrets as they are, so
 * nobody but its owner may read it.
 */
export class Parameters {
  readonly #file: string;
  #parameters: ReadonlyMap<string, Parameter>;

  /** Throws when the file cannot be read. */
  constructor(file: string) {
    this.#file = file;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    this.#parameters = new Map(read(file).map((parameter) => [parameter.Name, parameter]));
  }

  get(name: string): Parameter | undefined {
    return this.#parameters.get(name);
  }

  all(): Parameter[] {
    return [...this.#parameters.values()];
  }

  /** Throws what the file system says; nothing has changed then. */
  put(parameter: Parameter): void {
    this.#write(new Map([...this.#parameters, [parameter.Name, parameter]]));
  }

  /** Throws what the file system says; nothing has changed then. */
  delete(name: string): void {
    this.#write(new Map([...this.#parameters].filter(([one]) => one !== name)));
  }

  #write(parameters: ReadonlyMap<string, Parameter>): void {
    const written = `${this.#file}.tmp`;
    // The mode holds for a file that is made here, not for one that was left behind.
    rmSync(written, { force: true });
    writeFileSync(written, `${JSON.stringify([...parameters.values()], null, 1)}\n`, {
      mode: 0o600,
    });
    renameSync(written, this.#file);
    this.#parameters = parameters;
  }
}

function read(file: string): Parameter[] {
  if (!existsSync(file)) return [];
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Parameter[];
  } catch {
    // What JSON.parse says quotes the file.
    throw new StartError(`${file} is damaged. Mend it, or remove it to start without access keys.`);
  }
}
