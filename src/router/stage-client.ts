import { Agent, type Dispatcher, errors } from 'undici';
import type { StageFailure } from './stage-failure.ts';

/** What one stage is asked. */
export interface StageCall {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The most bytes of an answer to take. */
  readonly maxBytes: number;
  /** Ends the hop; its reason is a {@link ChainStopped}. */
  readonly signal: AbortSignal;
}

/** A stage's 2xx answer. */
export interface StageAnswer {
  readonly status: number;
  /** Verbatim, parameters included; undefined when the stage sent none. */
  readonly contentType: string | undefined;
  readonly customAttributes: string | undefined;
  readonly body: Buffer;
}

export type StageReply =
  | { readonly answer: StageAnswer; readonly failure?: undefined }
  | { readonly answer?: undefined; readonly failure: StageFailure };

/** What a ping saw. */
export type PingResult =
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'refused' }
  | { readonly kind: 'no-answer'; readonly afterMs: number }
  | { readonly kind: 'closed' };

/** The reason with which a chain's signal aborts. */
export class ChainStopped extends Error {
  override name = 'ChainStopped';
  readonly why: 'timed-out' | 'caller-left';

  constructor(why: 'timed-out' | 'caller-left') {
    super(why);
    this.why = why;
  }
}

/** Why an aborted chain ended, as its failure; undefined while it goes on. */
export function stopFailure(signal: AbortSignal): StageFailure | undefined {
  if (!signal.aborted) return undefined;
  return { kind: signal.reason instanceof ChainStopped ? signal.reason.why : 'timed-out' };
}

/** Talks to the stages of this task. */
export interface StageClient {
  /** One hop. Rejects only on a fault of the router itself. */
  invoke(call: StageCall): Promise<StageReply>;
  /** One GET /ping, given up after `timeoutMs` or when `signal` aborts. */
  ping(port: number, timeoutMs: number, signal: AbortSignal): Promise<PingResult>;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;
// Message and OriginalMessage hold 2,048 characters, of up to four bytes each.
const MAX_ERROR_BYTES = 4 * 2_048;
const ATTRIBUTES_HEADER = 'x-amzn-sagemaker-custom-attributes';

export function createStageClient(): StageClient {
  const agent = new Agent({
    // One connection per hop. A stage may close an idle connection at any time, and a request that
    // met such a connection could not be sent again: the stage must not be called twice.
    pipelining: 0,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    // The chain's deadline bounds a hop, whatever its parts take.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  return {
    async invoke({ port, headers, body, maxBytes, signal }) {
      let response: Dispatcher.ResponseData;
      try {
        response = await agent.request({
          origin: `http://127.0.0.1:${port}`,
          path: '/invocations',
          method: 'POST',
          headers,
          body,
          signal,
        });
      } catch (error) {
        return { failure: failureBeforeAnswer(error, signal) };
      }
      return readReply(response, maxBytes, signal);
    },

    async ping(port, timeoutMs, signal) {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      try {
        const { statusCode, body } = await agent.request({
          origin: `http://127.0.0.1:${port}`,
          path: '/ping',
          method: 'GET',
          signal: bounded,
        });
        await body.dump({ limit: MAX_ERROR_BYTES, signal: bounded });
        return { kind: 'answered', status: statusCode };
      } catch (error) {
        if (bounded.aborted) return { kind: 'no-answer', afterMs: timeoutMs };
        return { kind: errorCode(error) === 'ECONNREFUSED' ? 'refused' : 'closed' };
      }
    },

    close: () => agent.destroy(),
  };
}

async function readReply(
  { statusCode: status, headers, body }: Dispatcher.ResponseData,
  maxBytes: number,
  signal: AbortSignal,
): Promise<StageReply> {
  const succeeded = status >= 200 && status < 300;
  const announced = Number(single(headers['content-length']) ?? 0);
  const bound = succeeded ? maxBytes : MAX_ERROR_BYTES;
  const chunks: Buffer[] = [];
  let bytes = 0;

  try {
    if (succeeded && announced > bound) {
      await body.dump({ limit: 1 });
      return { failure: { kind: 'too-large', status, bytes: announced, exact: true } };
    }
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > bound) break;
    }
  } catch {
    return { failure: stopFailure(signal) ?? { kind: 'broken-off', status } };
  }

  if (!succeeded) {
    const message = Buffer.concat(chunks).subarray(0, MAX_ERROR_BYTES).toString('utf8');
    return { failure: { kind: 'answered', status, message } };
  }
  if (bytes > bound) return { failure: { kind: 'too-large', status, bytes: bound, exact: false } };
  return {
    answer: {
      status,
      contentType: single(headers['content-type']),
      customAttributes: single(headers[ATTRIBUTES_HEADER]),
      body: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks),
    },
  };
}

function failureBeforeAnswer(error: unknown, signal: AbortSignal): StageFailure {
  const ended = stopFailure(signal);
  if (ended) return ended;
  const code = errorCode(error);

  if (code === 'ECONNREFUSED') return { kind: 'refused' };
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return { kind: 'not-accepted' };
  if (error instanceof errors.HTTPParserError || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return { kind: 'not-http' };
  }
  if (code === 'UND_ERR_INVALID_ARG') throw error;
  return { kind: 'closed' };
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
