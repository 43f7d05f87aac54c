import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { StartError } from '../settings.ts';

/** One change: the record of `id` in `table` became `record`, or was removed (null). */
export type Change = readonly [table: string, id: string, record: unknown];

const SMALLEST_REWRITE_BYTES = 4 * 1024 * 1024;

/**
 * Changes as JSON lines, appended one at a time before anything is answered. A process killed at any
 * moment leaves whole lines and at most one torn last line, which was never acknowledged. When the file
 * has grown to twice what it needs, it is written anew beside itself and renamed.
 */
export class Journal {
  readonly #file: string;
  readonly #snapshot: () => Iterable<Change>;
  #bytes = 0;
  #rewriteAt = 0;
  #torn = false;

  /** `snapshot` gives everything that is there now, for writing the file anew. */
  constructor(file: string, snapshot: () => Iterable<Change>) {
    this.#file = file;
    this.#snapshot = snapshot;
    mkdirSync(dirname(file), { recursive: true });
  }

  /** Every change in order. @throws StartError when a line other than a torn last one cannot be read */
  read(): Change[] {
    if (!existsSync(this.#file)) return [];
    const lines = readFileSync(this.#file, 'utf8').split('\n');
    lines.pop();
    return lines.map((line, index) => {
      try {
        const change: unknown = JSON.parse(line);
        if (!Array.isArray(change)) throw new SyntaxError('no change');
        return change as unknown as Change;
      } catch (cause) {
        throw new StartError(
          `${this.#file}, line ${index + 1} is damaged. Remove that line, or the file to start with nothing.`,
          { cause },
        );
      }
    });
  }

  /** Throws what the file system says; the change is then part of the next successful write. */
  append(change: Change): void {
    if (this.#torn || this.#bytes > this.#rewriteAt) {
      this.rewrite();
      return;
    }
    const line = `${JSON.stringify(change)}\n`;
    try {
      appendFileSync(this.#file, line);
    } catch (error) {
      this.#torn = true;
      throw error;
    }
    this.#bytes += Buffer.byteLength(line);
  }

  rewrite(): void {
    const text = Array.from(this.#snapshot(), (change) => `${JSON.stringify(change)}\n`).join('');
    writeFileSync(`${this.#file}.tmp`, text);
    renameSync(`${this.#file}.tmp`, this.#file);
    this.#torn = false;
    this.#bytes = Buffer.byteLength(text);
    this.#rewriteAt = Math.max(SMALLEST_REWRITE_BYTES, 2 * this.#bytes);
  }
}
