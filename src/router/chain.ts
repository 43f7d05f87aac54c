import type { RouterConfig, Stage } from './config.ts';
import type { FailedHop } from './model-error.ts';
import { type StageAnswer, type StageCall, type StageReply, stopFailure } from './stage-client.ts';
import type { Hop } from './timing.ts';

/** A request for the chain, as the caller made it. */
export interface ChainRequest {
  readonly body: Buffer;
  readonly contentType: string | undefined;
  /** Which answer the caller takes: for the last stage alone. */
  readonly accept: string | undefined;
  readonly customAttributes: string | undefined;
  /** Headers that reach every stage as they came. */
  readonly passedOn: Readonly<Record<string, string>>;
}

/** What became of it: the last stage's answer, or the hop that ended the chain. */
export type ChainResult = { readonly hops: readonly Hop[] } & (
  | { readonly answer: StageAnswer; readonly failed?: undefined }
  | { readonly answer?: undefined; readonly failed: FailedHop }
);

type Invoke = (call: StageCall) => Promise<StageReply>;

/**
 * Takes a request through the stages, one after the other (reference: chaining rules):
 * - a stage's body and Content-Type are the next one's request, byte for byte, also when empty;
 * - custom attributes go to every stage; a stage's own value replaces them from there on;
 * - the first stage that does not answer 2xx ends the chain, and no later stage is called.
 * @param signal the deadline of the whole chain, or the caller going away.
 */
export async function runChain(
  stages: RouterConfig['stages'],
  request: ChainRequest,
  maxBytes: number,
  signal: AbortSignal,
  invoke: Invoke,
): Promise<ChainResult> {
  const hops: Hop[] = [];
  let [stage, ...rest]: readonly [Stage, ...Stage[]] = stages;
  let { body, contentType, customAttributes } = request;

  for (;;) {
    const [next, ...others] = rest;
    const accept = next === undefined ? request.accept : undefined;
    const headers = stageHeaders(request.passedOn, contentType, accept, customAttributes);

    const started = performance.now();
    const ended = stopFailure(signal);
    const reply: StageReply = ended
      ? { failure: ended }
      : await invoke({ port: stage.port, headers, body, maxBytes, signal });
    hops.push({ stage: stage.name, ms: performance.now() - started });

    if (reply.failure) {
      return { hops, failed: { stage: stage.name, next: next?.name, failure: reply.failure } };
    }
    if (next === undefined) return { hops, answer: reply.answer };

    ({ body, contentType } = reply.answer);
    customAttributes = reply.answer.customAttributes ?? customAttributes;
    stage = next;
    rest = others;
  }
}

function stageHeaders(
  passedOn: ChainRequest['passedOn'],
  contentType: string | undefined,
  accept: string | undefined,
  customAttributes: string | undefined,
): Record<string, string> {
  const headers: Record<string, string> = { ...passedOn };
  if (contentType !== undefined) headers['content-type'] = contentType;
  if (accept !== undefined) headers.accept = accept;
  if (customAttributes !== undefined) {
    headers['x-amzn-sagemaker-custom-attributes'] = customAttributes;
  }
  return headers;
}
