import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ChainRequest, runChain } from './chain.ts';
import { ChainStop } from './chain-stop.ts';
import type { RouterConfig } from './config.ts';
import { modelError } from './model-error.ts';
import { errorReply, type Reply, refusal } from './reply.ts';
import { readBody } from './request-body.ts';
import { field, type StageClient } from './stage-client/index.ts';
import { describeFailure } from './stage-failure.ts';
import { serverTiming } from './timing.ts';

const TARGET_HEADER = 'x-amzn-sagemaker-target-container-hostname';
const ATTRIBUTES_HEADER = 'x-amzn-sagemaker-custom-attributes';
const TIMEOUT_HEADER = 'x-headrace-timeout-ms';
const PASSED_ON = ['x-amzn-sagemaker-inference-id', 'traceparent', 'x-amzn-trace-id'];

/**
 * Answers one invocation. The time it may take starts with its headers: its caller's clock has been
 * running since then.
 */
export async function answerInvocation(
  request: IncomingMessage,
  response: ServerResponse,
  config: RouterConfig,
  invoke: StageClient['invoke'],
): Promise<Reply> {
  const budgetMs = timeBudget(request, config.timeoutMs);
  if (budgetMs === undefined) {
    return refusal(
      400,
      'ValidationError',
      `The ${TIMEOUT_HEADER} header must be a whole number of milliseconds.`,
      `bad ${TIMEOUT_HEADER}`,
    );
  }
  const stages = targetStages(request, config);
  if (!Array.isArray(stages)) return stages;

  const stop = new ChainStop();
  const deadline = setTimeout(() => stop.stop('timed-out'), budgetMs);
  response.once('close', () => stop.stop('caller-left'));
  try {
    const body = await readBody(request, config.maxBodyBytes, stop);
    if (body.kind === 'too-large') return tooLarge(config.maxBodyBytes);
    if (body.kind === 'stopped') return notReceived(stop, budgetMs);
    const chainRequest = readRequest(request, body.bytes);
    return await throughChain(stages, chainRequest, config, stop, invoke);
  } finally {
    clearTimeout(deadline);
  }
}

async function throughChain(
  stages: RouterConfig['stages'],
  request: ChainRequest,
  config: RouterConfig,
  stop: ChainStop,
  invoke: StageClient['invoke'],
): Promise<Reply> {
  const started = performance.now();
  const { hops, answer, failed } = await runChain(stages, request, {
    maxBytes: config.maxBodyBytes,
    stop,
    invoke,
  });
  const timing = serverTiming(hops, performance.now() - started);

  if (failed) {
    const error = modelError(failed, config.maxBodyBytes, config);
    const reason = describeFailure(failed.failure);
    return { ...errorReply(424, 'ModelError', error, { stage: failed.stage, reason }), timing };
  }
  const headers: Record<string, string> = {};
  if (answer.contentType !== undefined) headers['content-type'] = answer.contentType;
  if (answer.customAttributes !== undefined) headers[ATTRIBUTES_HEADER] = answer.customAttributes;
  return { status: 200, headers, body: answer.body, timing };
}

function readRequest({ headers }: IncomingMessage, body: Buffer): ChainRequest {
  let passedOn = '';
  for (const name of PASSED_ON) {
    const value = headers[name];
    if (typeof value === 'string') passedOn += field(name, value);
  }
  const attributes = headers[ATTRIBUTES_HEADER];
  return {
    body,
    contentType: headers['content-type'],
    accept: headers.accept,
    customAttributes: typeof attributes === 'string' ? attributes : undefined,
    passedOn,
  };
}

function timeBudget(request: IncomingMessage, timeoutMs: number): number | undefined {
  const header = request.headers[TIMEOUT_HEADER];
  if (header === undefined) return timeoutMs;
  if (typeof header !== 'string' || !/^\d{1,15}$/.test(header)) return undefined;
  return Math.min(timeoutMs, Number(header));
}

/** All stages in Serial mode, the one that the caller names in Direct mode. */
function targetStages(
  request: IncomingMessage,
  { mode, stages, endpoint }: RouterConfig,
): [...RouterConfig['stages']] | Reply {
  const target = request.headers[TARGET_HEADER];
  if (mode === 'Serial') {
    if (target === undefined) return [...stages];
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

function tooLarge(maxBytes: number): Reply {
  return refusal(
    413,
    'ValidationError',
    `HTTP content length exceeded ${maxBytes} bytes.`,
    'the request body is too large',
  );
}

function notReceived(stop: ChainStop, budgetMs: number): Reply {
  const left = stop.why === 'caller-left';
  const reply = refusal(
    408,
    'ValidationError',
    `The request's body did not arrive within ${budgetMs} ms. Send it faster, or make it smaller.`,
    left ? 'the caller left' : 'the request body did not arrive in time',
  );
  // The rest of the body may never come: this connection has no next request.
  return { ...reply, headers: { ...reply.headers, connection: 'close' } };
}
