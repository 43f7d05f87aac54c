import type { Capture } from '../capture/capture.ts';
import { type ChainRequest, type ChainResult, runChain } from './chain.ts';
import { ChainStop } from './chain-stop.ts';
import type { RouterConfig, Stage } from './config.ts';
import type { Caller, Job } from './http-server/caller-connection.ts';
import type { RequestHead } from './http1/request-head.ts';
import type { Metrics } from './metrics.ts';
import { modelError } from './model-error.ts';
import { Recording } from './recording.ts';
import { errorReply, type Reply, refusal } from './reply.ts';
import { type AnswerStream, type Flow, field, type StageClient } from './stage-client/index.ts';
import { describeFailure } from './stage-failure.ts';
import { type Hop, serverTiming } from './timing.ts';

const TARGET_HEADER = 'x-amzn-sagemaker-target-container-hostname';
const ATTRIBUTES_HEADER = 'x-amzn-sagemaker-custom-attributes';
const TIMEOUT_HEADER = 'x-headrace-timeout-ms';
const STAGE_HEADER = 'x-headrace-stage';
/** For the metrics of who calls: how many requests the task had when this one came, it among them. */
const IN_FLIGHT_HEADER = 'x-headrace-in-flight';
const PASSED_ON = [
  'x-amzn-sagemaker-inference-id',
  'traceparent',
  'tracestate',
  'x-amzn-trace-id',
] as const;

/** As nginx counts it: the caller closed the request. */
const CALLER_LEFT = 499;

/** What an invocation needs of its router. */
export interface InvocationHost {
  readonly config: RouterConfig;
  readonly metrics: Metrics;
  readonly invoke: StageClient['invoke'];
  /** Where sampled invocations go; undefined when the endpoint captures none. */
  readonly capture: Capture | undefined;
  /** Takes every answer on its way to the caller. */
  readonly send: (caller: Caller, reply: Reply, requestId: string) => void;
  /** Adds what every answer carries. */
  readonly dress: (reply: Omit<Reply, 'body'>, requestId: string) => Omit<Reply, 'body'>;
  /** Counts an invocation that `send` did not answer, with a line in the log when it failed. */
  readonly ended: (requestId: string, status: number, failed?: Reply['failed']) => void;
  /** So many bytes more, or fewer, are held. @returns whether that is within the bound */
  readonly holds: (change: number) => boolean;
  /** Why a request is turned down whose body is over that bound. */
  readonly full: () => Reply;
  readonly over: () => void;
}

/** What an invocation asks for, read from its head. */
export interface Asked {
  readonly stages: RouterConfig['stages'];
  readonly budgetMs: number;
  readonly streams: boolean;
}

/** Reads what is asked; a reply says what is wrong with it. */
export function readAsked(
  head: RequestHead,
  streams: boolean,
  config: RouterConfig,
): Asked | Reply {
  const timeoutMs = streams ? config.streamTimeoutMs : config.timeoutMs;
  const header = head.fields.get(TIMEOUT_HEADER);
  if (header !== undefined && !/^\d{1,15}$/.test(header)) {
    return refusal(
      400,
      'ValidationError',
      `The ${TIMEOUT_HEADER} header must be a whole number of milliseconds.`,
      `bad ${TIMEOUT_HEADER}`,
    );
  }
  const stages = targetStages(head.fields.get(TARGET_HEADER), config);
  if ('status' in stages) return stages;
  const budgetMs = header === undefined ? timeoutMs : Math.min(timeoutMs, Number(header));
  return { stages, budgetMs, streams };
}

/**
 * One invocation, from its head to the end of its answer. The time it may take starts with the head:
 * its caller's clock has been running since then.
 */
export class Invocation implements Job {
  readonly maxBytes: number;
  readonly #head: RequestHead;
  readonly #caller: Caller;
  readonly #asked: Asked & { readonly inFlight: number };
  readonly #host: InvocationHost;
  readonly #requestId: string;
  readonly #stop = new ChainStop();
  readonly #deadline: NodeJS.Timeout;
  #started = 0;
  #isAnswered = false;
  #flow: Flow | undefined;
  #heldBytes = 0;
  #streamType: string | undefined;
  #recording: Recording | undefined;

  constructor(
    head: RequestHead,
    caller: Caller,
    asked: Asked & { readonly inFlight: number },
    requestId: string,
    host: InvocationHost,
  ) {
    this.#head = head;
    this.#caller = caller;
    this.#asked = asked;
    this.#host = host;
    this.#requestId = requestId;
    this.maxBytes = host.config.maxBodyBytes;
    this.#stop.onStop = (why) => {
      if (why === 'timed-out') this.#send(notReceived(asked.budgetMs));
    };
    this.#deadline = setTimeout(() => this.#stop.stop('timed-out'), asked.budgetMs);
  }

  collected(bytes: number): void {
    if (!this.#hold(bytes)) this.#send(this.#host.full());
  }

  body(bytes: Buffer): void {
    this.#started = performance.now();
    this.#hold(bytes.length);
    const { stages, streams } = this.#asked;
    const { invoke, metrics, config, capture } = this.#host;
    if (capture?.samples()) {
      this.#recording = new Recording(this.#head, bytes, this.#requestId, capture, this.maxBytes);
    }
    runChain(stages, readRequest(this.#head, bytes), {
      maxBytes: config.maxBodyBytes,
      stop: this.#stop,
      invoke,
      metrics,
      stream: streams ? (hops) => this.#streamInto(stages.at(-1), hops) : undefined,
      holds: (answered) => void this.#hold(answered),
      onReply: this.#recording?.reply,
      done: (result) => this.#answer(result),
      fault: (error) => this.#send(fault(error)),
    });
  }

  tooLarge(): void {
    this.#send(
      refusal(
        413,
        'ValidationError',
        `HTTP content length exceeded ${this.maxBytes} bytes.`,
        'the request body is too large',
      ),
    );
  }

  left(): void {
    if (this.#started === 0 && !this.#isAnswered) {
      this.#host.ended(this.#requestId, CALLER_LEFT, { reason: 'the caller left' });
    }
    this.#stop.stop('caller-left');
  }

  drained(): void {
    this.#flow?.resume();
  }

  over(): void {
    clearTimeout(this.#deadline);
    this.#hold(0);
    this.#host.over();
  }

  #hold(bytes: number): boolean {
    const change = bytes - this.#heldBytes;
    this.#heldBytes = bytes;
    return this.#host.holds(change);
  }

  #answer(result: ChainResult): void {
    this.#reply(result);
    if (this.#recording !== undefined) this.#capture(this.#recording, result);
  }

  /** Behind the answer: its caller does not wait for it. */
  #capture(recording: Recording, { answer, failed }: ChainResult): void {
    if (this.#flow !== undefined) recording.streamed(this.#streamType, failed === undefined);
    else if (failed === undefined) recording.answered(answer);
    else recording.failed();
  }

  #reply({ hops, answer, failed }: ChainResult): void {
    const timing = serverTiming(hops, performance.now() - this.#started);
    const { config, ended } = this.#host;
    if (failed?.failure.kind === 'caller-left') {
      ended(this.#requestId, CALLER_LEFT, { stage: failed.stage, reason: 'the caller left' });
    } else if (failed && this.#flow) {
      const reason = describeFailure(failed.failure);
      ended(this.#requestId, 424, { stage: failed.stage, reason });
      this.#caller.cut();
    } else if (failed) {
      const error = modelError(failed, config.maxBodyBytes, config);
      const reason = describeFailure(failed.failure);
      const reply = errorReply(424, 'ModelError', error, { stage: failed.stage, reason });
      this.#send({ ...reply, timing });
    } else if (this.#flow) {
      ended(this.#requestId, 200);
      this.#caller.endStream();
    } else {
      const headers = answerHeaders(answer.contentType, answer.customAttributes);
      this.#send({ status: 200, headers, body: answer.body, timing });
    }
  }

  /** Passes the last stage's answer on as it comes. */
  #streamInto(stage: Stage | undefined, hops: readonly Hop[]): AnswerStream {
    const begun = performance.now();
    return {
      begin: ({ contentType, customAttributes }, flow) => {
        this.#flow = flow;
        this.#streamType = contentType;
        const now = performance.now();
        const soFar = [...hops, { stage: stage?.name ?? '', ms: now - begun }];
        const timing = serverTiming(soFar, now - this.#started);
        const headers = answerHeaders(contentType, customAttributes);
        headers[STAGE_HEADER] = stage?.name ?? '';
        headers[IN_FLIGHT_HEADER] = String(this.#asked.inFlight);
        this.#caller.beginStream(
          this.#host.dress({ status: 200, headers, timing }, this.#requestId),
        );
      },
      write: (bytes) => {
        this.#recording?.chunk(bytes);
        return this.#caller.write(bytes);
      },
    };
  }

  #send(reply: Reply): void {
    this.#isAnswered = true;
    clearTimeout(this.#deadline);
    const headers = { ...reply.headers, [IN_FLIGHT_HEADER]: String(this.#asked.inFlight) };
    this.#host.send(this.#caller, { ...reply, headers }, this.#requestId);
  }
}

function answerHeaders(
  contentType: string | undefined,
  customAttributes: string | undefined,
): Record<string, string> {
  const headers: Record<string, string> = {};
  if (contentType !== undefined) headers['content-type'] = contentType;
  if (customAttributes !== undefined) headers[ATTRIBUTES_HEADER] = customAttributes;
  return headers;
}

function readRequest({ fields }: RequestHead, body: Buffer): ChainRequest {
  let passedOn = '';
  for (const name of PASSED_ON) passedOn += field(name, fields.get(name));
  return {
    body,
    contentType: fields.get('content-type'),
    accept: fields.get('accept'),
    customAttributes: fields.get(ATTRIBUTES_HEADER),
    passedOn,
  };
}

/** All stages in Serial mode, the one that the caller names in Direct mode. */
function targetStages(
  target: string | undefined,
  { mode, stages, endpoint }: RouterConfig,
): RouterConfig['stages'] | Reply {
  if (mode === 'Serial') {
    if (target === undefined) return stages;
    return refusal(
      400,
      'ValidationError',
      `Endpoint ${endpoint} takes every request through all its containers (Serial mode). Leave out TargetContainerHostname, or create the model with InferenceExecutionConfig Mode Direct.`,
      'a target container in Serial mode',
    );
  }
  const stage = stages.find(({ name }) => name === target);
  if (stage) return [stage];
  const names = stages.map(({ name }) => name).join(', ');
  return refusal(
    400,
    'ValidationError',
    `Endpoint ${endpoint} invokes its containers one by one (Direct mode). Set TargetContainerHostname to one of: ${names}.`,
    target === undefined ? 'no target container in Direct mode' : 'an unknown target container',
  );
}

function notReceived(budgetMs: number): Reply {
  const reply = refusal(
    408,
    'ValidationError',
    `The request's body did not arrive within ${budgetMs} ms. Send it faster, or make it smaller.`,
    'the request body did not arrive in time',
  );
  // The rest of the body may never come: this connection has no next request.
  return { ...reply, closes: true };
}

function fault(error: unknown): Reply {
  return refusal(500, 'InternalFailure', 'The router failed.', `router fault: ${String(error)}`);
}
