import type { Clock } from '../../../src/aws/clock.ts';
import type { Timers } from '../../../src/local/ecs/timers.ts';

interface Due {
  readonly at: number;
  readonly task: () => void;
}

/** A clock and its timers that move only when a test says so. */
export class VirtualTime implements Clock, Timers {
  #now: number;
  readonly #due = new Set<Due>();

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, task: () => void): () => void {
    const due = { at: this.#now + ms, task };
    this.#due.add(due);
    return () => this.#due.delete(due);
  }

  /** Lets `ms` pass: every timer that falls due runs at its time, in order, promises settling in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let next = this.#earliest(end); next !== undefined; next = this.#earliest(end)) {
      this.#due.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.task();
      await settle();
    }
    this.#now = end;
  }

  #earliest(end: number): Due | undefined {
    let earliest: Due | undefined;
    for (const due of this.#due) {
      if (due.at <= end && (earliest === undefined || due.at < earliest.at)) earliest = due;
    }
    return earliest;
  }
}

/** Every promise that can settle without a timer has settled after this. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
