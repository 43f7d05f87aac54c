import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import type { Clock } from '../../aws/clock.ts';
import { OLD_SUFFIX } from './paths.ts';

export const ROTATE_AT_BYTES = 10 * 1024 * 1024;

/** Where a container's output goes. Never throws: a full disk must not stop a task. */
export interface LogWriter {
  write(lines: readonly string[]): void;
  close(): void;
}

/** Appends `<ISO time> <message>` lines to one stream's file; keeps one older file of the same size. */
export class FileLogWriter implements LogWriter {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #rotateAt: number;
  readonly #report: (problem: string) => void;
  #descriptor: number | undefined;
  #size: number;
  #latest = 0;

  /** Throws what the file system says when the file cannot be opened. */
  constructor(
    file: string,
    options: { clock: Clock; rotateAtBytes?: number; report: (problem: string) => void },
  ) {
    this.#file = file;
    this.#clock = options.clock;
    this.#rotateAt = options.rotateAtBytes ?? ROTATE_AT_BYTES;
    this.#report = options.report;
    this.#descriptor = openSync(file, 'a');
    this.#size = fstatSync(this.#descriptor).size;
  }

  /** All at once: a stage that floods its output leaves the process time for others. */
  write(lines: readonly string[]): void {
    if (this.#descriptor === undefined) return;
    // Page tokens count on times that never go back within a stream.
    this.#latest = Math.max(this.#latest, this.#clock.now());
    const time = new Date(this.#latest).toISOString();
    const bytes = Buffer.from(lines.map((line) => `${time} ${line}\n`).join(''));
    try {
      if (this.#size > 0 && this.#size + bytes.length > this.#rotateAt) this.#rotate();
      writeSync(this.#descriptor, bytes);
      this.#size += bytes.length;
    } catch (error) {
      this.#report(`log ${this.#file}: lines dropped: ${(error as Error).message}`);
    }
  }

  #rotate(): void {
    renameSync(this.#file, this.#file + OLD_SUFFIX);
    const next = openSync(this.#file, 'a');
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = next;
    this.#size = 0;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
