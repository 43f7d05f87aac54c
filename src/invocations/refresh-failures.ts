import type { Clock } from '../aws/clock.ts';
import { logEvent } from '../aws/log.ts';

const SAY_AGAIN_MS = 5_000;
/** An endpoint that is forgotten among more than these is said anew. */
const MOST_ENDPOINTS = 1_000;

interface Outage {
  since: number;
  saidAt: number;
  /** Failures that no line has told of yet. */
  untold: number;
  failures: number;
}

/**
 * Logs that routes cannot be read: when it begins, every five seconds while reads go on failing, and
 * when it is over. A table that is down costs a line now and then, not a line with every request.
 */
export class RefreshFailures {
  readonly #clock: Clock;
  readonly #outages = new Map<string, Outage>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  failed(endpoint: string, error: unknown): void {
    const now = this.#clock.now();
    const outage = this.#outages.get(endpoint) ?? this.#begin(endpoint, now);
    outage.failures++;
    outage.untold++;
    const sinceSaid = now - outage.saidAt;
    if (outage.failures > 1 && sinceSaid >= 0 && sinceSaid < SAY_AGAIN_MS) return;
    const times = outage.untold;
    logEvent('warn', { event: 'route-not-refreshed', endpoint, times, error: String(error) });
    outage.untold = 0;
    outage.saidAt = now;
  }

  succeeded(endpoint: string): void {
    const outage = this.#outages.get(endpoint);
    if (outage === undefined) return;
    this.#outages.delete(endpoint);
    const seconds = (this.#clock.now() - outage.since) / 1000;
    logEvent('info', {
      event: 'route-refreshed-again',
      endpoint,
      afterFailures: outage.failures,
      seconds,
    });
  }

  #begin(endpoint: string, now: number): Outage {
    const outage = { since: now, saidAt: now, untold: 0, failures: 0 };
    this.#outages.set(endpoint, outage);
    const oldest = this.#outages.keys().next().value;
    if (this.#outages.size > MOST_ENDPOINTS && oldest !== undefined) this.#outages.delete(oldest);
    return outage;
  }
}
