import { setTimeout as sleep } from 'node:timers/promises';
import { type Dispatcher, Pool } from 'undici';
import { quoted } from './data-processing.ts';

/** The router's own deadline ends a request; ours only ends a router that does not answer at all. */
const GRACE_MS = 15_000;
const CONNECT_MS = 1_000;
const PAUSE_MS = 200;
const LONGEST_ANSWER = 104_857_600 + 1024;

export interface Answer {
  body: Buffer;
  contentType: string | undefined;
}

interface Refusal {
  stage: string | undefined;
  status: number;
  said: string;
  isLate?: boolean;
}

/** The pipeline did not transform a payload. */
export class InvocationError extends Error {
  override name = 'InvocationError';
  /** The stage that failed, where the router tells. */
  readonly stage: string | undefined;
  /** What the stage answered; 0 when it gave no whole answer. */
  readonly status: number;
  /** What it said. */
  readonly said: string;
  /** It gave no answer in time. */
  readonly isLate: boolean;

  constructor({ stage, status, said, isLate = false }: Refusal) {
    const who = stage === undefined ? 'the pipeline' : `stage ${stage}`;
    const did = status === 0 ? 'gave no answer' : `answered ${status}`;
    super(`${who} ${did}: ${quoted(said.trim(), 300)}`);
    this.stage = stage;
    this.status = status;
    this.said = said;
    this.isLate = isLate;
  }

  /** Asking again with the same payload may help. */
  get isPassing(): boolean {
    return this.status < 400 || this.status >= 500 || [408, 429].includes(this.status);
  }

  /** The payload may be to blame: somebody looked at it. */
  get isAboutPayload(): boolean {
    return this.status !== 0 || this.isLate;
  }
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
    this.#headers = { 'x-headrace-timeout-ms': String(options.timeoutMs) };
    if (options.contentType !== undefined) this.#headers['content-type'] = options.contentType;
    if (options.accept !== undefined) this.#headers.accept = options.accept;
  }

  /** One try and up to `retries` more. @throws InvocationError */
  async invoke(payload: Buffer, retries: number, signal: AbortSignal): Promise<Answer> {
    for (let tried = 0; ; tried++) {
      try {
        return await this.#once(payload, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof InvocationError) || !error.isPassing || tried >= retries)
          throw error;
        await sleep(PAUSE_MS * 2 ** tried, undefined, { signal });
      }
    }
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

  async #once(payload: Buffer, signal: AbortSignal): Promise<Answer> {
    // The signal is not the request's: to listen costs each of them. `close` ends them all.
    const { status, headers, body } = await this.#post(payload, signal);
    if (status >= 200 && status < 300) {
      const type = headers['content-type'];
      return { body, contentType: typeof type === 'string' ? type : undefined };
    }
    throw toError(status, headers, body.toString(), this.#timeoutMs);
  }

  async #post(payload: Buffer, signal: AbortSignal): Promise<WholeAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<WholeAnswer>();
    // Not `request`: its streams cost a small record more than all the rest of its way.
    this.#pool.dispatch(
      { method: 'POST', path: '/invocations', headers: this.#headers, body: payload },
      collect(resolve, reject),
    );
    try {
      return await promise;
    } catch (error) {
      signal.throwIfAborted();
      const said = error instanceof Error ? error.message : String(error);
      throw new InvocationError({ stage: undefined, status: 0, said });
    }
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
      stage: lastHop(headers['server-timing']),
      status: original,
      said: isLate ? `no answer within ${timeoutMs / 1000} s` : said,
      isLate,
    });
  }
  return new InvocationError({ stage: undefined, status, said: String(error.Message ?? text) });
}

/** Server-Timing lists the stages that were called, then the router: the last stage is who failed. */
function lastHop(timing: string | string[] | undefined): string | undefined {
  const names = String(timing ?? '')
    .split(',')
    .map((entry) => entry.split(';')[0]?.trim() ?? '');
  return names.filter((name) => name !== '' && name !== 'router').at(-1);
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
