import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const ROTATE_AT_BYTES = 4 * 1024 * 1024;

/** An event as EventBridge gives it to its targets. */
export interface BusEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** ISO 8601, to the second. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
}

/** What was put on the bus: a line of JSON for each event, in one file and one older one of the same size. */
export class EventStore {
  readonly #file: string;
  readonly #rotateAt: number;
  readonly #followers = new Set<() => void>();
  #written = 0;

  constructor(file: string, rotateAtBytes = ROTATE_AT_BYTES) {
    this.#file = file;
    this.#rotateAt = rotateAtBytes;
    mkdirSync(dirname(file), { recursive: true });
  }

  /** Throws what the file system says; then none of them is there. */
  append(events: readonly BusEvent[]): void {
    const lines = events.map((event) => `${JSON.stringify(event)}\n`);
    if (sizeOf(this.#file) > this.#rotateAt) renameSync(this.#file, `${this.#file}.old`);
    appendFileSync(this.#file, lines.join(''));
    this.#written += events.length;
    for (const tell of this.#followers) tell();
  }

  /** Every event that is kept, a line each; with `follow` also those that come, until `signal` is aborted. */
  async *lines({ follow }: { follow: boolean }, signal: AbortSignal): AsyncGenerator<string> {
    let seen = this.#written;
    yield this.#kept();
    while (follow && !signal.aborted) {
      const news = this.#written - seen;
      seen = this.#written;
      if (news > 0) yield lastLines(this.#kept(), news);
      else await this.#news(signal);
    }
  }

  #kept(): string {
    return readOf(`${this.#file}.old`) + readOf(this.#file);
  }

  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#followers.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#followers.add(done);
      signal.addEventListener('abort', done);
    });
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function readOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function lastLines(text: string, count: number): string {
  return text
    .split(/(?<=\n)/)
    .slice(-count)
    .join('');
}
