import { type CapturePlace, captureKey, hourOf } from './capture-key.ts';
import { captureLine } from './capture-line.ts';
import type { CaptureSettings } from './capture-settings.ts';
import type { CapturedInvocation } from './captured-invocation.ts';

export interface CaptureFile {
  readonly key: string;
  readonly lines: Buffer[];
  /** What its invocations took in the router's memory. */
  size: number;
}

/** Time as a capture waits for it: ms that no change of the clock touches. */
export interface CaptureTime {
  now(): number;
  /** Resolves after `ms`, or when `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** A file that is in S3, or given up. */
export interface Settled {
  readonly bytes: number;
  readonly invocations: number;
  readonly isLost: boolean;
}

export interface CaptureFilesOptions {
  readonly settings: CaptureSettings;
  readonly place: CapturePlace;
  readonly time: CaptureTime;
  readonly newId: () => string;
  /** Writes a file to S3. The same file may be written twice: its key stays. */
  readonly put: (key: string, body: Buffer, signal: AbortSignal) => Promise<void>;
  readonly settled: (settled: Settled) => void;
  /** S3 has begun to fail, or (undefined) works again. */
  readonly report: (problem: string | undefined) => void;
}

/** A file is closed at this size. */
const FULL_BYTES = 4 * 1024 * 1024;
/** The first invocation after a quiet time is seen soon; under load there is a file every half minute. */
const SOONEST_MS = 2_000;
const BETWEEN_FILES_MS = 30_000;
const RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;
/** How long a file is kept while S3 does not take it. */
const KEPT_MS = 300_000;

/**
 * Gathers invocations into files, and writes one after the other to S3. What S3 does not take for
 * minutes is given up and counted: it never waits in the way of an invocation.
 */
export class CaptureFiles {
  readonly #options: CaptureFilesOptions;
  readonly #closed: CaptureFile[] = [];
  readonly #ending = new AbortController();
  readonly #givingUp = new AbortController();
  #open: { file: CaptureFile; hour: string; closesAt: number } | undefined;
  #lastClosedAt = Number.NEGATIVE_INFINITY;
  #untilClosed = new AbortController();
  #isFailing = false;
  #working: Promise<void> | undefined;

  constructor(options: CaptureFilesOptions) {
    this.#options = options;
  }

  add(invocation: CapturedInvocation): void {
    const { settings, time, place, newId } = this.#options;
    const hour = hourOf(invocation.time);
    if (this.#open !== undefined && this.#open.hour !== hour) this.#close();
    if (this.#open === undefined) {
      const key = captureKey(place, invocation.time, newId());
      const now = time.now();
      const closesAt = Math.max(now + SOONEST_MS, this.#lastClosedAt + BETWEEN_FILES_MS);
      this.#open = { file: { key, lines: [], size: 0 }, hour, closesAt };
    }
    const { file } = this.#open;
    file.lines.push(Buffer.from(captureLine(invocation, settings)));
    file.size += invocation.size;
    if (file.size >= FULL_BYTES) this.#close();
    this.#working ??= this.#work();
  }

  /** Writes what there is, for at most `ms`; what is left then is lost. */
  async end(ms: number): Promise<void> {
    this.#close();
    this.#ending.abort();
    const over = new AbortController();
    const atLast = this.#options.time.sleep(ms, over.signal).then(() => this.#givingUp.abort());
    await this.#working;
    over.abort();
    await atLast;
  }

  #close(): void {
    if (this.#open === undefined) return;
    this.#closed.push(this.#open.file);
    this.#open = undefined;
    this.#lastClosedAt = this.#options.time.now();
    this.#untilClosed.abort();
  }

  async #work(): Promise<void> {
    const { time } = this.#options;
    while (this.#closed.length > 0 || this.#open !== undefined) {
      const file = this.#closed[0];
      if (file !== undefined) {
        await this.#write(file);
        this.#closed.shift();
      } else if (this.#open !== undefined) {
        this.#untilClosed = new AbortController();
        await time.sleep(this.#open.closesAt - time.now(), this.#untilClosed.signal);
        if (this.#open !== undefined && this.#open.closesAt <= time.now()) this.#close();
      }
    }
    this.#working = undefined;
  }

  async #write({ key, lines, size }: CaptureFile): Promise<void> {
    const { time, settled } = this.#options;
    const keptUntil = time.now() + KEPT_MS;
    const body = Buffer.concat(lines);
    let isWritten = false;
    for (let backOff = RETRY_MS; ; backOff = Math.min(2 * backOff, LONGEST_RETRY_MS)) {
      if (this.#givingUp.signal.aborted) break;
      isWritten = await this.#put(key, body);
      const wait = this.#ending.signal.aborted ? RETRY_MS : backOff;
      if (isWritten || time.now() + wait > keptUntil) break;
      await this.#pause(wait);
    }
    settled({ bytes: size, invocations: lines.length, isLost: !isWritten });
  }

  async #put(key: string, body: Buffer): Promise<boolean> {
    const { put, report } = this.#options;
    try {
      await put(key, body, this.#givingUp.signal);
      if (this.#isFailing) report(undefined);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) report(String(error));
      this.#isFailing = true;
    }
    return !this.#isFailing;
  }

  /** The end wakes who waits already; its own end wakes who waits then. */
  #pause(ms: number): Promise<void> {
    const { signal } = this.#ending.signal.aborted ? this.#givingUp : this.#ending;
    return this.#options.time.sleep(ms, signal);
  }
}
