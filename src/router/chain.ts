import type { ChainStop } from './chain-stop.ts';
import type { RouterConfig, Stage } from './config.ts';
import type { Metrics } from './metrics.ts';
import type { FailedHop } from './model-error.ts';
import {
  type AnswerStream,
  field,
  type StageAnswer,
  type StageCall,
  type StageReply,
} from './stage-client/index.ts';
import type { Hop } from './timing.ts';

/** A request for the chain, as the caller made it. */
export interface ChainRequest {
  readonly body: Buffer;
  readonly contentType: string | undefined;
  /** Which answer the caller takes: for the last stage alone. */
  readonly accept: string | undefined;
  readonly customAttributes: string | undefined;
  /** Header lines that reach every stage as they came. */
  readonly passedOn: string;
}

/** What became of it: the last stage's answer, or the hop that ended the chain. */
export type ChainResult = { readonly hops: readonly Hop[] } & (
  | { readonly answer: StageAnswer; readonly failed?: undefined }
  | { readonly answer?: undefined; readonly failed: FailedHop }
);

export interface ChainOptions {
  /** The most bytes of an answer. */
  readonly maxBytes: number;
  readonly stop: ChainStop;
  readonly metrics: Pick<Metrics, 'hop'>;
  readonly invoke: (call: StageCall) => Promise<StageReply>;
  /** Takes the last stage's answer as it comes, and the hops so far when it begins. */
  readonly stream?: ((hops: readonly Hop[]) => AnswerStream) | undefined;
}

/**
 * Takes a request through the stages, one after the other (reference: chaining rules):
 * - a stage's body and Content-Type are the next one's request, byte for byte, also when empty;
 * - custom attributes go to every stage; a stage's own value replaces them from there on;
 * - the first stage that does not answer 2xx ends the chain, and no later stage is called.
 */
export async function runChain(
  stages: RouterConfig['stages'],
  request: ChainRequest,
  { maxBytes, stop, invoke, metrics, stream }: ChainOptions,
): Promise<ChainResult> {
  const hops: Hop[] = [];
  let { body, contentType, customAttributes } = request;
  let started = performance.now();

  for (let position = 0; ; position += 1) {
    const stage = stages[position] as Stage;
    const next = stages[position + 1];
    const isLast = next === undefined;
    const fields =
      field('Content-Type', contentType) +
      field('Accept', isLast ? request.accept : undefined) +
      field('X-Amzn-SageMaker-Custom-Attributes', customAttributes) +
      request.passedOn;

    const reply = await invoke({
      port: stage.port,
      fields,
      body,
      maxBytes,
      stop,
      stream: isLast ? stream?.(hops) : undefined,
    });
    const ended = performance.now();
    const ms = ended - started;
    hops.push({ stage: stage.name, ms });
    metrics.hop(stage.name, ms, body.length, reply.answer?.bytes ?? 0, reply.failure);
    started = ended;

    if (reply.failure) {
      return { hops, failed: { stage: stage.name, next: next?.name, failure: reply.failure } };
    }
    if (isLast) return { hops, answer: reply.answer };

    ({ body, contentType } = reply.answer);
    customAttributes = reply.answer.customAttributes ?? customAttributes;
  }
}
