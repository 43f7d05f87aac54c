import type { Clock } from '../aws/clock.ts';
import type { Route } from '../endpoints/route.ts';
import { RefreshFailures } from './refresh-failures.ts';

/** A swap is over for every caller after this time. */
const FRESH_MS = 1_000;
/** With a route at hand, nobody waits longer than this for a newer one. */
const PATIENCE_MS = 250;
const MOST_ENDPOINTS = 10_000;

interface Entry {
  route: Route;
  readAt: number;
}

/**
 * The routes, at most one second old while the table answers. When it does not, endpoints that serve
 * go on serving from the last known route. One read at a time for each endpoint.
 */
export class RouteCache {
  readonly #read: (endpoint: string) => Promise<Route | undefined>;
  readonly #clock: Clock;
  readonly #failures: RefreshFailures;
  readonly #entries = new Map<string, Entry>();
  readonly #reading = new Map<string, Promise<Route | undefined>>();

  constructor(read: (endpoint: string) => Promise<Route | undefined>, clock: Clock) {
    this.#read = read;
    this.#clock = clock;
    this.#failures = new RefreshFailures(clock);
  }

  /** undefined: the endpoint is not there, or not in service. Throws when nothing is known of it. */
  async get(endpoint: string): Promise<Route | undefined> {
    const entry = this.#entries.get(endpoint);
    if (entry === undefined) return this.#refresh(endpoint);
    const age = this.#clock.now() - entry.readAt;
    // A clock that was set back must not keep a route alive.
    if (age >= 0 && age < FRESH_MS) return entry.route;
    return this.#refreshOr(entry.route, endpoint);
  }

  /** For who found every task of its route gone: read now, whatever hangs. undefined: no news. */
  renew(endpoint: string): Promise<Route | undefined> {
    return this.#soon(this.#readAndKeep(endpoint), undefined);
  }

  #refreshOr(lastKnown: Route, endpoint: string): Promise<Route | undefined> {
    return this.#soon(this.#refresh(endpoint), lastKnown);
  }

  async #soon(
    reading: Promise<Route | undefined>,
    otherwise: Route | undefined,
  ): Promise<Route | undefined> {
    const refresh = reading.catch(() => otherwise);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<Route | undefined>((resolve) => {
      timer = setTimeout(() => resolve(otherwise), PATIENCE_MS);
    });
    try {
      return await Promise.race([refresh, patience]);
    } finally {
      clearTimeout(timer);
    }
  }

  #refresh(endpoint: string): Promise<Route | undefined> {
    const underWay = this.#reading.get(endpoint);
    if (underWay !== undefined) return underWay;
    const reading = this.#readAndKeep(endpoint).finally(() => this.#reading.delete(endpoint));
    this.#reading.set(endpoint, reading);
    return reading;
  }

  async #readAndKeep(endpoint: string): Promise<Route | undefined> {
    // The age counts from before the read: what it tells is at least that old.
    const readAt = this.#clock.now();
    const route = await this.#readAndSay(endpoint);
    this.#entries.delete(endpoint);
    if (route !== undefined) {
      this.#entries.set(endpoint, { route, readAt });
      const oldest = this.#entries.keys().next().value;
      if (this.#entries.size > MOST_ENDPOINTS && oldest !== undefined) this.#entries.delete(oldest);
    }
    return route;
  }
  async #readAndSay(endpoint: string): Promise<Route | undefined> {
    try {
      const route = await this.#read(endpoint);
      this.#failures.succeeded(endpoint);
      return route;
    } catch (error) {
      this.#failures.failed(endpoint, error);
      throw error;
    }
  }
}
