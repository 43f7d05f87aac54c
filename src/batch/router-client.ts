import { setTimeout as sleep } from 'node:timers/promises';
import { type Dispatcher, Pool } from 'undici';
import { stageTimes } from '../invocations/stage-times.ts';
import { InvocationError, retrying } from './invocation-error.ts';

/** The router's own deadline ends a request; ours only ends a router that does not answer at all. */
const GRACE_MS = 15_000;
const CONNECT_MS = 1_000;
const LONGEST_ANSWER = 104_857_600 + 1024;

export interface Answer {
  body: Buffer;
  contentType: string | undefined;
}

export interface RouterClientOptions {
  port: number;
  connections: number;
  timeoutMs: number;
  contentType: string | undefined;
  accept: string | undefined;
}

/** Calls the chain of this task through its router, on loopback. */
export class RouterClient {
  readonly #pool: Pool;
  readonly #timeoutMs: number;
  readonly #headers: Record<string, string>;

  constructor(options: RouterClientOptions) {
    const patience = options.timeoutMs + GRACE_MS;
    this.#timeoutMs = options.timeoutMs;
    this.#pool = new Pool(`http://127.0.0.1:${options.port}`, {
      connections: options.connections,
      headersTimeout: patience,
      bodyTimeout: patience,
      connectTimeout: CONNECT_MS,
    });
    this.#headers = {};
    if (options.contentType !== undefined) this.#headers['content-type'] = options.contentType;
    if (options.accept !== undefined) this.#headers.accept = options.accept;
  }

  /** One try and up to `retries` more. @throws InvocationError */
  invoke(payload: Buffer, retries: number, signal: AbortSignal): Promise<Answer> {
    return retrying(() => this.#once(payload), retries, signal);
  }

  /** @throws Error with what the router said last, when it is not healthy within `patienceMs` */
  async untilHealthy(patienceMs: number, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + patienceMs;
    let said = 'the router did not answer';
    while (performance.now() < deadline) {
      signal.throwIfAborted();
      try {
        const limit = AbortSignal.any([signal, AbortSignal.timeout(2_000)]);
        const { statusCode, body } = await this.#pool.request({
          method: 'GET',
          path: '/ping',
          signal: limit,
        });
        said = await body.text();
        if (statusCode === 200) return;
      } catch (error) {
        said = error instanceof Error ? error.message : String(error);
      }
      await sleep(50, undefined, { signal });
    }
    throw new Error(said);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  /** `close` ends it: to listen to a signal would cost each request. */
  #once(payload: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      // Not `request`: its streams cost a small record more than all the rest of its way.
      this.#pool.dispatch(
        { method: 'POST', path: '/invocations', headers: this.#headers, body: payload },
        collect(
          ({ status, headers, body }) => {
            if (status >= 200 && status < 300) {
              const type = headers['content-type'];
              resolve({ body, contentType: typeof type === 'string' ? type : undefined });
            } else {
              reject(toError(status, headers, body.toString(), this.#timeoutMs));
            }
          },
          ({ message: said }) => reject(new InvocationError({ stage: undefined, status: 0, said })),
        ),
      );
    });
  }
}

interface WholeAnswer {
  status: number;
  headers: Headers;
  body: Buffer;
}

/** Puts an answer together, up to the longest that is taken. */
function collect(
  resolve: (answer: WholeAnswer) => void,
  reject: (error: Error) => void,
): Dispatcher.DispatchHandler {
  let status = 0;
  let headers: Headers = {};
  const chunks: Buffer[] = [];
  let bytes = 0;
  return {
    // undici tells by this method's presence that the others are of its newer kind.
    onRequestStart: () => undefined,
    onResponseStart: (_, statusCode, given) => {
      status = statusCode;
      headers = given;
    },
    onResponseData: (controller, chunk) => {
      bytes += chunk.length;
      if (bytes > LONGEST_ANSWER) {
        controller.abort(new Error(`the answer is longer than ${LONGEST_ANSWER} bytes`));
        return;
      }
      chunks.push(chunk);
    },
    onResponseEnd: () => {
      const [only] = chunks;
      const body = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
      resolve({ status, headers, body });
    },
    onResponseError: (_, error) => reject(error),
  };
}

type Headers = Record<string, string | string[] | undefined>;

/** The router's ModelError: the stage's own status and words; else what the router itself said. */
function toError(status: number, headers: Headers, text: string, timeoutMs: number) {
  const error = jsonObject(text);
  const original = error.OriginalStatusCode;
  if (typeof original === 'number') {
    const said = String(error.OriginalMessage ?? '');
    const isLate = original === 0 && /timed out/.test(said);
    return new InvocationError({
      // The last stage that was called is who failed.
      stage: stageTimes(String(headers['server-timing'] ?? '')).at(-1)?.name,
      status: original,
      said: isLate ? `no answer within ${timeoutMs / 1000} s` : said,
      isLate,
    });
  }
  return new InvocationError({ stage: undefined, status, said: String(error.Message ?? text) });
}

function jsonObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
