import { stageTimes } from '../invocations/stage-times.ts';
import { ChainStop } from '../router/chain-stop.ts';
import { createStageClient, field, type StageClient } from '../router/stage-client/index.ts';
import { describeFailure, type StageFailure } from '../router/stage-failure.ts';
import { InvocationError, retrying } from './invocation-error.ts';

/** The router's own deadline ends a request; ours only ends a router that does not answer at all. */
const GRACE_MS = 15_000;
const LONGEST_ANSWER = 104_857_600 + 1024;

export interface Answer {
  body: Buffer;
  contentType: string | undefined;
}

export interface RouterClientOptions {
  port: number;
  timeoutMs: number;
  contentType: string | undefined;
  accept: string | undefined;
}

/**
 * Calls the chain of this task through its router, on loopback: over the client with which the router
 * calls its stages, since a small record costs little but its requests.
 */
export class RouterClient {
  readonly #client: StageClient = createStageClient();
  readonly #options: RouterClientOptions;
  readonly #fields: string;
  readonly #running = new Set<ChainStop>();

  constructor(options: RouterClientOptions) {
    this.#options = options;
    this.#fields = field('Content-Type', options.contentType) + field('Accept', options.accept);
  }

  /** One try and up to `retries` more. @throws InvocationError */
  invoke(payload: Buffer, retries: number, signal: AbortSignal): Promise<Answer> {
    return retrying(() => this.#once(payload), retries, signal);
  }

  /** Ends what runs. */
  close(): void {
    for (const stop of this.#running) stop.stop('caller-left');
    this.#client.close();
  }

  /** `close` ends it: to listen to a signal would cost each request. */
  #once(body: Buffer): Promise<Answer> {
    const { port, timeoutMs } = this.#options;
    const stop = new ChainStop();
    this.#running.add(stop);
    const deadline = setTimeout(() => stop.stop('timed-out'), timeoutMs + GRACE_MS);
    return new Promise((resolve, reject) => {
      const call = { port, fields: this.#fields, body, maxBytes: LONGEST_ANSWER, stop };
      this.#client.invoke(call, ({ answer, failure }) => {
        clearTimeout(deadline);
        this.#running.delete(stop);
        if (failure === undefined) resolve(answer);
        else reject(toError(failure, timeoutMs));
      });
    });
  }
}

/** The router's ModelError: the stage's own status and words; else what the router itself said, or did. */
function toError(failure: StageFailure, timeoutMs: number): InvocationError {
  if (failure.kind !== 'answered') {
    const said = `the router ${describeFailure(failure)}`;
    return new InvocationError({ stage: undefined, status: 0, said });
  }
  const { status, message, serverTiming } = failure;
  const error = jsonObject(message);
  const original = error.OriginalStatusCode;
  if (typeof original === 'number') {
    const said = String(error.OriginalMessage ?? '');
    const isLate = original === 0 && /timed out/.test(said);
    return new InvocationError({
      // The last stage that was called is who failed.
      stage: stageTimes(serverTiming).at(-1)?.name,
      status: original,
      said: isLate ? `no answer within ${timeoutMs / 1000} s` : said,
      isLate,
    });
  }
  return new InvocationError({ stage: undefined, status, said: String(error.Message ?? message) });
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
