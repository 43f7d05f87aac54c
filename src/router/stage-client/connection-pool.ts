import { StageConnection } from './connection.ts';

/**
 * A connection carries another request only so soon after its last one was written. It counts from the
 * writing, which is before any stage starts to count, so that a stage that keeps idle connections for
 * half a second, or longer, never has closed one of these. (The shortest that common servers use is
 * gunicorn's 2 s.)
 */
const REUSE_MS = 250;
/** A stage that closes idle connections sooner than that gets one connection per request, this long. */
const DISTRUST_MS = 60_000;

/** The connections to one stage that no request uses now: the last one given is the first one taken. */
export class ConnectionPool {
  readonly #port: number;
  readonly #idle: StageConnection[] = [];
  #sweep: NodeJS.Timeout | undefined;
  #distrustedUntil = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** A connection that was used before and may be used again, or a new one. */
  take(now: number): StageConnection {
    const oldest = now - REUSE_MS;
    for (let one = this.#idle.pop(); one !== undefined; one = this.#idle.pop()) {
      if (one.sentAt > oldest && one.isReusable) return one;
      one.destroy();
    }
    return this.open();
  }

  /** A new connection. */
  open(): StageConnection {
    return new StageConnection(this.#port, this.#endedIdle);
  }

  /** Takes back a connection whose exchange is over. */
  give(connection: StageConnection): void {
    if (!connection.isReusable || this.#isDistrusted()) {
      connection.destroy();
      return;
    }
    this.#idle.push(connection);
    this.#sweep ??= setTimeout(this.#sweepNow, REUSE_MS);
  }

  #isDistrusted(): boolean {
    return this.#distrustedUntil > 0 && performance.now() < this.#distrustedUntil;
  }

  close(): void {
    clearTimeout(this.#sweep);
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  readonly #sweepNow = (): void => {
    const oldest = performance.now() - REUSE_MS;
    const kept = this.#idle.filter((connection) => {
      if (connection.sentAt > oldest) return true;
      connection.destroy();
      return false;
    });
    this.#idle.splice(0, this.#idle.length, ...kept);
    this.#sweep = kept.length > 0 ? setTimeout(this.#sweepNow, REUSE_MS) : undefined;
  };

  readonly #endedIdle = (connection: StageConnection): void => {
    const at = this.#idle.indexOf(connection);
    if (at < 0) return;
    this.#idle.splice(at, 1);
    this.#distrustedUntil = performance.now() + DISTRUST_MS;
  };
}
