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
import { basename, dirname, join, relative } from 'node:path';
import type { Clock } from '../../aws/clock.ts';
import { AwsError } from './aws-error.ts';
import { type LogEvent, readEvents } from './log-reader.ts';
import { FileLogWriter, type LogWriter } from './log-writer.ts';
import {
  fromPath,
  GROUP_FILE,
  groupFolder,
  STREAM_SUFFIX,
  streamFile,
  streamOfFile,
} from './paths.ts';

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
  /** Sees every line as it comes. */
  readonly onLine?: (line: string) => void;
}

/**
 * Log groups and streams as plain files, `<dir>/<group>/<stream>.log`: `tail -f` reads them too. A
 * slash in a name is a folder, so one group cannot lie inside another.
 */
export class LogStore {
  readonly #options: LogStoreOptions;
  /** Open writers by group, so that deleting a group silences them, as CloudWatch does. */
  readonly #writers = new Map<string, Set<LogWriter>>();

  constructor(options: LogStoreOptions) {
    this.#options = options;
    mkdirSync(options.dir, { recursive: true });
  }

  groups(): LogGroup[] {
    return filesBelow(this.#options.dir)
      .filter((file) => basename(file) === GROUP_FILE)
      .map((file) => this.#readGroup(file))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  group(name: string): LogGroup | undefined {
    const file = join(groupFolder(this.#options.dir, name), GROUP_FILE);
    return existsSync(file) ? this.#readGroup(file) : undefined;
  }

  putGroup(group: LogGroup): void {
    const folder = groupFolder(this.#options.dir, group.name);
    this.#refuseNesting(group.name, folder);
    mkdirSync(folder, { recursive: true });
    const file = join(folder, GROUP_FILE);
    writeFileSync(`${file}.tmp`, JSON.stringify(group));
    renameSync(`${file}.tmp`, file);
  }

  /** One that lost its file with the power is still a group: the folder says which. */
  #readGroup(file: string): LogGroup {
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as LogGroup;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      const name = fromPath(relative(this.#options.dir, dirname(file)));
      return { name, creationTime: Math.floor(statSync(file).mtimeMs) };
    }
  }

  #refuseNesting(name: string, folder: string): void {
    const within = (inner: string, outer: string) => inner.startsWith(`${outer}/`);
    const other = this.groups().find((group) => {
      const otherFolder = groupFolder(this.#options.dir, group.name);
      return within(folder, otherFolder) || within(otherFolder, folder);
    });
    if (other === undefined) return;
    throw new AwsError(
      'InvalidParameterException',
      `On this machine log group ${name} cannot be made beside ${other.name}: one would lie inside the other.`,
    );
  }

  deleteGroup(name: string): void {
    for (const writer of this.#writers.get(name) ?? []) writer.close();
    this.#writers.delete(name);
    rmSync(groupFolder(this.#options.dir, name), { recursive: true, force: true });
  }

  /** Ordered by name. */
  streams(group: string): LogStream[] {
    const folder = groupFolder(this.#options.dir, group);
    return filesBelow(folder)
      .filter((file) => file.endsWith(STREAM_SUFFIX))
      .map((file) => {
        const { birthtimeMs, size } = statSync(file);
        const name = streamOfFile(folder, file);
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
    const { clock, report, rotateAtBytes, onLine } = this.#options;
    const path = streamFile(this.#options.dir, group, stream);
    mkdirSync(dirname(path), { recursive: true });
    const file = new FileLogWriter(path, {
      clock,
      report,
      ...(rotateAtBytes === undefined ? {} : { rotateAtBytes }),
    });
    const writers = this.#writers.get(group) ?? new Set<LogWriter>();
    this.#writers.set(group, writers);
    const writer: LogWriter = {
      write: (lines) => {
        file.write(lines);
        for (const line of lines) onLine?.(line);
      },
      close: () => {
        writers.delete(writer);
        file.close();
      },
    };
    writers.add(writer);
    return writer;
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
