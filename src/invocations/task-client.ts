import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Clock } from '../aws/clock.ts';

/** What a task answered, whole. */
export interface TaskAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** An answer that a task is still sending. Who has one reads it, or destroys it. */
export interface TaskStream {
  headers: IncomingHttpHeaders;
  chunks: Readable;
}

/** The task took no connection, so nothing of the request was read: another task may have it. */
export class NotConnected extends Error {
  override name = 'NotConnected';
}

/** The task took the request and did not answer it. It may have been worked on. */
export class NotAnswered extends Error {
  override name = 'NotAnswered';
}

const CONNECT_MS = 1_000;
/** The router answers within its own deadline; it gets this much longer to say so. */
const GRACE_MS = 2_000;
const CONNECTIONS_A_TASK = 512;
const IDLE_MS = 30_000;

const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN']);

/**
 * Calls the routers of tasks, over connections that are kept. Node's own client: a function that starts
 * cold has no other one to load.
 */
export class TaskClient {
  readonly #agent = new Agent({
    keepAlive: true,
    maxSockets: CONNECTIONS_A_TASK,
    // Below the router's own, so that it is we who close an idle connection.
    timeout: IDLE_MS,
  });
  readonly #outstanding = new Map<string, number>();
  readonly #idleSince = new WeakMap<Duplex, number>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#agent.on('free', (socket: Duplex) => this.#idleSince.set(socket, clock.now()));
  }

  outstanding(address: string): number {
    return this.#outstanding.get(address) ?? 0;
  }

  /**
   * @param timeoutMs what is left of the deadline
   * @throws NotConnected or NotAnswered
   */
  send(
    address: string,
    headers: Record<string, string>,
    body: Buffer,
    timeoutMs: number,
  ): Promise<TaskAnswer> {
    return this.#counted(address, async () =>
      whole(await this.#post(address, '/invocations', headers, body, timeoutMs)),
    );
  }

  /**
   * As `send`, but an answer that begins well is given on as it comes.
   * @throws NotConnected or NotAnswered
   */
  stream(
    address: string,
    headers: Record<string, string>,
    body: Buffer,
    timeoutMs: number,
  ): Promise<TaskAnswer | TaskStream> {
    return this.#counted(address, async () => {
      const path = '/invocations-response-stream';
      const answer = await this.#post(address, path, headers, body, timeoutMs);
      if (answer.statusCode !== 200) return whole(answer);
      return { headers: answer.headers, chunks: answer };
    });
  }

  #post(
    address: string,
    path: string,
    headers: Record<string, string>,
    body: Buffer,
    timeoutMs: number,
  ): Promise<IncomingMessage> {
    const [host, port] = address.split(':');
    this.#closeStale(this.#agent.getName({ host, port: Number(port) }));
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const length = { 'content-length': String(body.length) };
    const sent = request({
      agent: this.#agent,
      host,
      port,
      path,
      method: 'POST',
      headers: { ...headers, ...length },
      // Silence: between the request and the answer, and within the answer.
      timeout: timeoutMs + GRACE_MS,
    });
    sent.once('timeout', () => sent.destroy(new NotAnswered('the task did not answer in time')));
    sent.once('response', resolve);
    // It stays: what breaks once the answer has begun, the answer tells.
    sent.on('error', reject);
    sent.once('socket', (socket) => {
      if (!socket.connecting) return;
      const late = () => sent.destroy(new NotConnected(`no connection within ${CONNECT_MS} ms`));
      const timer = setTimeout(late, CONNECT_MS);
      for (const event of ['connect', 'close'] as const) {
        socket.once(event, () => clearTimeout(timer));
      }
    });
    sent.end(body);
    return promise;
  }

  /**
   * Timers stand still while a function is frozen: it wakes with connections that its tasks have closed
   * long since, and what is sent over one of them is lost.
   */
  #closeStale(name: string): void {
    for (const socket of this.#agent.freeSockets[name] ?? []) {
      const idleSince = this.#idleSince.get(socket) ?? 0;
      if (this.#clock.now() - idleSince >= IDLE_MS) socket.destroy();
    }
  }

  async #counted<T>(address: string, work: () => Promise<T>): Promise<T> {
    this.#outstanding.set(address, this.outstanding(address) + 1);
    try {
      return await work();
    } catch (error) {
      if (error instanceof NotConnected || error instanceof NotAnswered) throw error;
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      const message = error instanceof Error ? error.message : String(error);
      if (NEVER_CONNECTED.has(code)) throw new NotConnected(message, { cause: error });
      throw new NotAnswered(message, { cause: error });
    } finally {
      const left = this.outstanding(address) - 1;
      if (left > 0) this.#outstanding.set(address, left);
      else this.#outstanding.delete(address);
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function whole(answer: IncomingMessage): Promise<TaskAnswer> {
  const { statusCode = 0, headers } = answer;
  return { status: statusCode, headers, body: await buffer(answer) };
}
