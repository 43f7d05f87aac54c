import type { Clock } from '../aws/clock.ts';
import { logEvent } from '../aws/log.ts';
import { ServiceUnavailable } from '../protocol/errors.ts';
import type { AccessKey } from './access-key.ts';
import { Refusal } from './refusal.ts';

/** A key that is revoked, or whose rights change, is known to be so after this time. */
export const FRESH_MS = 60_000;
/** From here on it is read anew, while requests go on with what is known. */
const RENEW_MS = 30_000;
/** How long a key that was good goes on being good while the keys cannot be read. */
export const HONOURED_MS = 3_600_000;
/** With a key at hand, nobody waits longer than this for a newer one. */
const PATIENCE_MS = 500;
/** How long to leave it after a read that failed, or took longer than that. */
const RETRY_MS = 5_000;
const UNKNOWN_MS = 10_000;
const MOST_KEYS = 10_000;
/** Look-ups that may find nothing: so many at once, and so many a second. Who guesses gets no further. */
const MISSES_AT_ONCE = 10;
const MISSES_PER_SECOND = 2;

interface Entry {
  key: AccessKey;
  readAt: number;
  /** No read before this time. */
  retryAt: number;
}

/** The access keys that were used lately, each read anew at most every 30 seconds, one read at a time. */
export class KeyCache {
  readonly #read: (id: string) => Promise<AccessKey | undefined>;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  /** Ids that are no key's, and until when nobody asks again. */
  readonly #unknown = new Map<string, number>();
  readonly #reading = new Map<string, Promise<AccessKey | undefined>>();
  #misses = MISSES_AT_ONCE;
  #missesAt = Number.NEGATIVE_INFINITY;

  constructor(read: (id: string) => Promise<AccessKey | undefined>, clock: Clock) {
    this.#read = read;
    this.#clock = clock;
  }

  /**
   * undefined: there is no such key, or no longer.
   * @throws ServiceUnavailable when nobody can say; Refusal (ThrottlingException) when too many ids were
   * asked for that are no key's
   */
  async get(id: string): Promise<AccessKey | undefined> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return this.#lookUp(id);
    const now = this.#clock.now();
    // A clock that was set back must not keep a key alive.
    const age = now < entry.readAt ? HONOURED_MS : now - entry.readAt;
    if (age < RENEW_MS) return entry.key;
    if (now < entry.retryAt && age < HONOURED_MS) return entry.key;
    const renewal = this.#renew(id, entry);
    return age < FRESH_MS ? entry.key : this.#soon(renewal, entry, age < HONOURED_MS);
  }

  /** For an id of which nothing is known. */
  async #lookUp(id: string): Promise<AccessKey | undefined> {
    const now = this.#clock.now();
    const until = this.#unknown.get(id);
    if (until !== undefined && now < until && until <= now + UNKNOWN_MS) return undefined;
    const underWay = this.#reading.get(id);
    if (underWay === undefined) this.#countMiss(now);
    let key: AccessKey | undefined;
    try {
      key = await (underWay ?? this.#refresh(id));
    } catch {
      throw unavailable();
    }
    if (key !== undefined && underWay === undefined) this.#misses += 1;
    return key;
  }

  #countMiss(now: number): void {
    const seconds = Math.max(0, now - this.#missesAt) / 1000;
    this.#misses = Math.min(MISSES_AT_ONCE, this.#misses + seconds * MISSES_PER_SECOND);
    this.#missesAt = now;
    if (this.#misses < 1) throw new Refusal('ThrottlingException', 'Rate exceeded', 429);
    this.#misses -= 1;
  }

  /** Never rejects: what is known of a key that cannot be read anew still stands. */
  async #renew(id: string, entry: Entry): Promise<'not yet' | AccessKey | undefined> {
    try {
      return await this.#refresh(id);
    } catch {
      entry.retryAt = this.#clock.now() + RETRY_MS;
      return 'not yet';
    }
  }

  async #soon(
    renewal: Promise<'not yet' | AccessKey | undefined>,
    entry: Entry,
    isHonoured: boolean,
  ): Promise<AccessKey | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<'not yet'>((resolve) => {
      if (isHonoured) timer = setTimeout(() => resolve('not yet'), PATIENCE_MS);
    });
    const renewed = await Promise.race([renewal, patience]);
    clearTimeout(timer);
    if (renewed !== 'not yet') return renewed;
    entry.retryAt = this.#clock.now() + RETRY_MS;
    if (isHonoured) return entry.key;
    throw unavailable();
  }

  #refresh(id: string): Promise<AccessKey | undefined> {
    const underWay = this.#reading.get(id);
    if (underWay !== undefined) return underWay;
    const reading = this.#readAndKeep(id).finally(() => this.#reading.delete(id));
    this.#reading.set(id, reading);
    return reading;
  }

  async #readAndKeep(id: string): Promise<AccessKey | undefined> {
    // The age counts from before the read: what it tells is at least that old.
    const readAt = this.#clock.now();
    let key: AccessKey | undefined;
    try {
      key = await this.#read(id);
    } catch (error) {
      logEvent('warn', { event: 'access-key-not-read', error: String(error) });
      throw error;
    }
    this.#entries.delete(id);
    if (key === undefined) keep(this.#unknown, id, readAt + UNKNOWN_MS);
    else keep(this.#entries, id, { key, readAt, retryAt: readAt });
    return key;
  }
}

/** Puts it last; the one that was put first goes when there are too many. */
function keep<T>(map: Map<string, T>, id: string, value: T): void {
  map.delete(id);
  map.set(id, value);
  const oldest = map.keys().next().value;
  if (map.size > MOST_KEYS && oldest !== undefined) map.delete(oldest);
}

function unavailable(): ServiceUnavailable {
  return new ServiceUnavailable('Access keys cannot be checked now. Try again.');
}
