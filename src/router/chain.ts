import type { ChainStop } from './chain-stop.ts';
import type { RouterConfig, Stage } from './config.ts';
import type { Metrics } from './metrics.ts';
import type { FailedHop } from './model-error.ts';
import {
  type AnswerStream,
  field,
  type StageAnswer,
  type StageClient,
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
  readonly invoke: StageClient['invoke'];
  /** Takes the last stage's answer as it comes, and the hops so far when it begins. */
  readonly stream?: ((hops: readonly Hop[]) => AnswerStream) | undefined;
  /** A stage's answer of so many bytes is there, in the place of its request. */
  readonly holds: (bytes: number) => void;
  /** Sees what each stage has answered, before the next one is called. */
  readonly onReply?: ((stage: string, reply: StageReply) => void) | undefined;
  /** Called once, unless `fault` is. */
  readonly done: (result: ChainResult) => void;
  /** The router itself has failed. */
  readonly fault: (error: unknown) => void;
}

/**
 * Takes a request through the stages, one after the other (reference: chaining rules):
 * - a stage's body and Content-Type are the next one's request, byte for byte, also when empty;
 * - custom attributes go to every stage; a stage's own value replaces them from there on;
 * - the first stage that does not answer 2xx ends the chain, and no later stage is called.
 *
 * By callbacks: promises would cost a request a twentieth of its time.
 */
export function runChain(
  stages: RouterConfig['stages'],
  request: ChainRequest,
  { maxBytes, stop, invoke, metrics, stream, holds, onReply, done, fault }: ChainOptions,
): void {
  const hops: Hop[] = [];
  let { body, contentType, customAttributes } = request;
  let started = performance.now();
  let position = 0;

  const call = (): void => {
    const stage = stages[position] as Stage;
    const isLast = position === stages.length - 1;
    const fields =
      field('Content-Type', contentType) +
      field('Accept', isLast ? request.accept : undefined) +
      field('X-Amzn-SageMaker-Custom-Attributes', customAttributes) +
      request.passedOn;
    const taken = isLast ? stream?.(hops) : undefined;
    const { port } = stage;
    invoke({ port, fields, body, mayReuse: true, maxBytes, stop, stream: taken }, settled);
  };

  const settled = (reply: StageReply): void => {
    try {
      goOn(stages[position] as Stage, reply);
    } catch (error) {
      fault(error);
    }
  };

  const goOn = ({ name }: Stage, reply: StageReply): void => {
    const { answer, failure } = reply;
    const ended = performance.now();
    const ms = ended - started;
    started = ended;
    hops.push({ stage: name, ms });
    metrics.hop(name, ms, body.length, answer?.bytes ?? 0, failure);
    onReply?.(name, reply);

    position += 1;
    const next = stages[position];
    if (failure) {
      done({ hops, failed: { stage: name, next: next?.name, failure } });
      return;
    }
    holds(answer.body.length);
    if (next === undefined) {
      done({ hops, answer });
    } else {
      ({ body, contentType } = answer);
      customAttributes = answer.customAttributes ?? customAttributes;
      call();
    }
  };

  call();
}
