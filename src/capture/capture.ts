import { Worker } from 'node:worker_threads';
import type { CapturePlace } from './capture-key.ts';
import type { CaptureWorkerData, FromCaptureWorker, ToCaptureWorker } from './capture-messages.ts';
import type { CaptureSettings } from './capture-settings.ts';
import { buffersOf, type CapturedInvocation } from './captured-invocation.ts';

/** What may be held until it is written. Past it, invocations are answered and not captured. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;
const DENIED =
  'Let the role of the model s3:PutObject there, and kms:GenerateDataKey on the key if there is one.';
/** A thread that does not end in its time is ended. */
const LATE_MS = 2_000;
const TELL_LOST_AFTER_MS = 5_000;

export interface CaptureOptions {
  readonly settings: CaptureSettings;
  readonly place: CapturePlace;
  readonly region: string;
  /** The file that the thread runs, with the argument `capture`. */
  readonly script: string | URL;
  readonly print: (line: string) => void;
  readonly random?: (() => number) | undefined;
}

/**
 * The router's side of data capture. It takes what was sampled after it was answered, and gives it to a
 * thread that writes it to S3. When that does not keep up, invocations are lost to the capture, counted,
 * and never anything else.
 */
export class Capture {
  readonly settings: CaptureSettings;
  readonly #options: CaptureOptions;
  #worker: Worker | undefined;
  #taken: CapturedInvocation[] = [];
  /** By invocations that run, and by those that wait to be written. */
  #heldBytes = 0;
  #waiting = 0;
  #captured = 0;
  #lost = 0;
  #untold = 0;
  #telling: NodeJS.Timeout | undefined;
  /** Why nothing is captured any more. */
  #isDown: string | undefined;

  constructor(options: CaptureOptions) {
    this.#options = options;
    this.settings = options.settings;
  }

  /** Whether the invocation that begins now is one to capture. */
  samples(): boolean {
    const { random = Math.random } = this.#options;
    return random() * 100 < this.settings.samplingPercentage;
  }

  /** Sets memory aside for what is to be captured. False: there is none left. */
  hold(bytes: number): boolean {
    if (this.#isDown !== undefined || this.#heldBytes + bytes > MAX_HELD_BYTES) return false;
    this.#heldBytes += bytes;
    return true;
  }

  /** Gives back what was held. */
  release(bytes: number): void {
    this.#heldBytes -= bytes;
  }

  /** An invocation that was sampled is not captured, for there was no memory to hold it. */
  missed(): void {
    this.#lose(1, this.#isDown ?? 'more is captured than S3 takes');
  }

  /** The invocation, whose `size` is held, is captured soon. Its bodies are no longer the caller's. */
  take(invocation: CapturedInvocation): void {
    if (this.#isDown !== undefined) {
      this.release(invocation.size);
      this.missed();
      return;
    }
    this.#waiting += 1;
    this.#taken.push(invocation);
    if (this.#taken.length === 1) setImmediate(() => this.#handOver());
  }

  /** Writes what there is, for at most `ms`. What is left then is counted as lost. */
  async close(ms: number): Promise<void> {
    this.#handOver();
    const worker = this.#worker;
    if (worker !== undefined && this.#isDown === undefined) {
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      const late = setTimeout(() => void worker.terminate(), ms + LATE_MS);
      worker.ref();
      worker.postMessage({ end: ms } satisfies ToCaptureWorker);
      await ended;
      clearTimeout(late);
    }
    this.#down('the task has ended');
    if (this.#untold > 0) this.#tellLost('the task has ended');
  }

  /** Prometheus' text format, in lines. */
  metrics(): string[] {
    return [
      '# HELP headrace_captured_total Invocations whose capture is in S3.',
      '# TYPE headrace_captured_total counter',
      `headrace_captured_total ${this.#captured}`,
      '# HELP headrace_capture_lost_total Invocations that were to be captured and were not.',
      '# TYPE headrace_capture_lost_total counter',
      `headrace_capture_lost_total ${this.#lost}`,
    ];
  }

  #handOver(): void {
    const take = this.#taken;
    this.#taken = [];
    if (take.length === 0) return;
    this.#worker ??= this.#start();
    this.#worker.postMessage({ take } satisfies ToCaptureWorker, buffersOf(take));
  }

  /** Not before there is something to capture: it takes as long to start as the router itself. */
  #start(): Worker {
    const { settings, place, region, script } = this.#options;
    const workerData: CaptureWorkerData = { settings, place, region };
    const worker = new Worker(script, { argv: ['capture'], workerData });
    // The router ends when it is told to, not when this thread has nothing left to do.
    worker.unref();
    worker.on('message', (message: FromCaptureWorker) => this.#hear(message));
    worker.on('error', (error) => this.#down(String(error)));
    return worker;
  }

  #hear(message: FromCaptureWorker): void {
    if ('settled' in message) {
      const { bytes, invocations, isLost } = message.settled;
      this.release(bytes);
      this.#waiting -= invocations;
      if (isLost) this.#lose(invocations, 'S3 did not take them');
      else this.#captured += invocations;
    } else if (message.problem === null) {
      this.#say({ event: 'capture-works-again' });
    } else {
      const { bucket, prefix } = this.settings;
      const destination = `s3://${bucket}/${prefix}`;
      const todo = /denied|forbidden/i.test(message.problem) ? DENIED : undefined;
      this.#say({ event: 'capture-failing', reason: message.problem, destination, todo });
    }
  }

  /** Nothing is captured any more; the router goes on. */
  #down(reason: string): void {
    this.#isDown ??= reason;
    this.#taken = [];
    if (this.#waiting > 0) this.#lose(this.#waiting, reason);
    this.#waiting = 0;
  }

  /** One line at a time: what is lost in a burst is told together. */
  #lose(invocations: number, reason: string): void {
    this.#lost += invocations;
    this.#untold += invocations;
    this.#telling ??= setTimeout(() => this.#tellLost(reason), TELL_LOST_AFTER_MS).unref();
  }

  #tellLost(reason: string): void {
    this.#say({ event: 'capture-lost', invocations: this.#untold, reason });
    clearTimeout(this.#telling);
    this.#telling = undefined;
    this.#untold = 0;
  }

  #say(fields: Record<string, unknown>): void {
    this.#options.print(JSON.stringify(fields));
  }
}
