import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../aws/clock.ts';
import { AwsError } from './aws-error.ts';
import { type LogEvent, readEvents } from './log-reader.ts';
import { FileLogWriter, type LogWriter } from './log-writer.ts';
import { fromFileName, GROUP_FILE, groupFolder, STREAM_SUFFIX, streamFile } from './paths.ts';

export interface LogGroup {
  readonly name: string;
  /** Milliseconds since the Unix epoch. */
  readonly creationTime: number;
  readonly retentionInDays?: number;
}

export interface LogStream {
  readonly name: string;
  readonly creationTime: number;
  readonly storedBytes: number;
}

export interface LogStoreOptions {
  /** The folder that holds a folder per group. */
  readonly dir: string;
  readonly clock: Clock;
  readonly report: (problem: string) => void;
  readonly rotateAtBytes?: number;
}

/** Log groups and streams as plain files, `<dir>/<group>/<stream>.log`: `tail -f` reads them too. */
export class LogStore {
  readonly #options: LogStoreOptions;
  /** Open writers by group, so that deleting a group silences them, as CloudWatch does. */
  readonly #writers = new Map<string, Set<LogWriter>>();

  constructor(options: LogStoreOptions) {
    this.#options = options;
    mkdirSync(options.dir, { recursive: true });
  }

  groups(): LogGroup[] {
    return readdirSync(this.#options.dir)
      .map((name) => this.group(fromFileName(name)))
      .filter((group) => group !== undefined)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  group(name: string): LogGroup | undefined {
    const file = join(groupFolder(this.#options.dir, name), GROUP_FILE);
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as LogGroup) : undefined;
  }

  putGroup(group: LogGroup): void {
    const folder = groupFolder(this.#options.dir, group.name);
    mkdirSync(folder, { recursive: true });
    const file = join(folder, GROUP_FILE);
    writeFileSync(`${file}.tmp`, JSON.stringify(group));
    renameSync(`${file}.tmp`, file);
  }

  deleteGroup(name: string): void {
    for (const writer of this.#writers.get(name) ?? []) writer.close();
    this.#writers.delete(name);
    rmSync(groupFolder(this.#options.dir, name), { recursive: true, force: true });
  }

  /** Ordered by name. */
  streams(group: string): LogStream[] {
    const folder = groupFolder(this.#options.dir, group);
    return readdirSync(folder)
      .filter((file) => file.endsWith(STREAM_SUFFIX))
      .map((file) => {
        const { birthtimeMs, size } = statSync(join(folder, file));
        const name = fromFileName(file.slice(0, -STREAM_SUFFIX.length));
        return { name, creationTime: Math.floor(birthtimeMs), storedBytes: size };
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** ResourceNotFoundException when there is no such group or stream. */
  events(group: string, stream: string): LogEvent[] {
    const file = streamFile(this.#options.dir, group, stream);
    this.requireGroup(group);
    if (!existsSync(file)) {
      throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
    }
    return readEvents(file);
  }

  requireGroup(name: string): LogGroup {
    const group = this.group(name);
    if (group === undefined) {
      throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
    }
    return group;
  }

  /** A writer for one stream of an existing group. ResourceNotFoundException when there is no such group. */
  openWriter(group: string, stream: string): LogWriter {
    this.requireGroup(group);
    const { clock, report, rotateAtBytes } = this.#options;
    const file = new FileLogWriter(streamFile(this.#options.dir, group, stream), {
      clock,
      report,
      ...(rotateAtBytes === undefined ? {} : { rotateAtBytes }),
    });
    const writers = this.#writers.get(group) ?? new Set<LogWriter>();
    this.#writers.set(group, writers);
    const writer: LogWriter = {
      write: (line) => file.write(line),
      close: () => {
        writers.delete(writer);
        file.close();
      },
    };
    writers.add(writer);
    return writer;
  }
}
