import type { Clock } from '../aws/clock.ts';
import type { Config } from '../aws/config.ts';
import { logEvent } from '../aws/log.ts';
import { invocationLimits } from '../endpoint-configs/invocation-limits.ts';
import type { Route, RouteVariant } from '../endpoints/route.ts';
import { fleetId } from '../fleet/fleet-name.ts';
import { errorResult } from '../protocol/error-result.ts';
import {
  RequestTooLarge,
  ServiceUnavailable,
  UnknownOperationException,
  ValidationError,
} from '../protocol/errors.ts';
import { bodyOf, type GatewayEvent, segmentsOf } from '../protocol/gateway-event.ts';
import { chooseNamed, chooseVariant, orderTargets } from './choose-target.ts';
import { EVENT_STREAM, eventStream } from './event-stream.ts';
import { HOST_NAME, type InvocationHeaders, invocationHeaders } from './invocation-headers.ts';
import type { Measurement, Meter } from './invocation-meter.ts';
import type { InvokeResult } from './invoke-result.ts';
import type { RouteCache } from './route-cache.ts';
import { NotConnected, type TaskAnswer, type TaskClient, type TaskStream } from './task-client.ts';
import type { Tracer } from './tracer.ts';

const MOST_TRIES = 3;
const LONGEST_NAME = 63;

/** What of a task's answer is the caller's. */
const PASSED_BACK = [
  'content-type',
  'server-timing',
  'x-amzn-errortype',
  'x-amzn-sagemaker-custom-attributes',
];
/** Tells which stage streams. */
const STAGE_HEADER = 'x-headrace-stage';

export interface Invoker {
  config: Pick<Config, 'account'>;
  routes: Pick<RouteCache, 'get' | 'renew'>;
  tasks: Pick<TaskClient, 'send' | 'stream' | 'outstanding'>;
  clock: Clock;
  random: () => number;
  meter: Meter;
  /** Where X-Ray is to know of the calls of tasks. */
  trace?: Tracer | undefined;
}

/**
 * The data plane (reference section 3): `POST /endpoints/{EndpointName}/invocations`, and
 * `…/invocations-response-stream`.
 */
export function createInvoke(invoker: Invoker) {
  return async (event: GatewayEvent): Promise<InvokeResult> => {
    const { requestId } = event.requestContext;
    const measurement = invoker.meter();
    try {
      return measurement.over(await invoke(event, invoker, measurement), requestId);
    } catch (error) {
      const { statusCode, headers, body } = errorResult(error, requestId, 'application/json', {
        endpoint: segmentsOf(event)[1]?.slice(0, LONGEST_NAME),
      });
      const failed = { statusCode, headers: headers as Record<string, string> };
      return measurement.over({ ...failed, body: Buffer.from(body) }, requestId);
    }
  };
}

async function invoke(
  event: GatewayEvent,
  invoker: Invoker,
  measurement: Measurement,
): Promise<InvokeResult> {
  const request = requestOf(event);
  const { endpoint } = request;
  const route = await invoker.routes.get(endpoint);
  if (route === undefined) {
    throw new ValidationError(
      `Endpoint ${endpoint} of account ${invoker.config.account} not found.`,
    );
  }
  try {
    return await invokeBy(route, request, invoker, measurement);
  } catch (error) {
    if (!(error instanceof NoTaskConnected)) throw error;
    // The route may be older than its tasks: the function was frozen, or the table hung. Nothing of the
    // request was read, so it may go anywhere.
    const fresh = await invoker.routes.renew(endpoint);
    if (fresh === undefined) throw error;
    return invokeBy(fresh, request, invoker, measurement);
  }
}

interface InvocationRequest {
  endpoint: string;
  streams: boolean;
  headers: InvocationHeaders;
  body: Buffer;
  requestId: string;
}

function requestOf(event: GatewayEvent): InvocationRequest {
  const { endpoint, streams } = operationOf(event);
  const headers = invocationHeaders(event, endpoint, streams);
  const body = bodyOf(event);
  return { endpoint, streams, headers, body, requestId: event.requestContext.requestId };
}

/** No task of the route took a connection. */
class NoTaskConnected extends ServiceUnavailable {}

async function invokeBy(
  route: Route,
  { endpoint, streams, headers, body, requestId }: InvocationRequest,
  invoker: Invoker,
  measurement: Measurement,
): Promise<InvokeResult> {
  const variant = variantFor(route, headers, endpoint, invoker.random());
  checkTargetContainer(variant, headers, endpoint);
  measurement.chose(endpoint, route, variant);
  const { clock, tasks } = invoker;
  const { timeoutMs, streamTimeoutMs, maxBodyBytes } = invocationLimits(variant);
  if (body.length > maxBodyBytes) throw new RequestTooLarge(maxBodyBytes, 'ValidationError');
  const deadline = clock.now() + (streams ? streamTimeoutMs : timeoutMs);
  const request = { endpoint, variant, forwarded: headers.forwarded, requestId, deadline };
  if (!streams) {
    const send: Send<TaskAnswer> = (to, fields, left) => tasks.send(to, fields, body, left);
    const answer = await sendToOne(request, send, invoker);
    measurement.answered(answer.headers);
    return resultOf(answer, variant, requestId);
  }
  const stream: Send<TaskAnswer | TaskStream> = (to, fields, left) =>
    tasks.stream(to, fields, body, left);
  const answer = await sendToOne(request, stream, invoker);
  measurement.answered(answer.headers);
  if ('status' in answer) return resultOf(answer, variant, requestId);
  return streamOf(answer, request, clock, measurement);
}

function operationOf(event: GatewayEvent): { endpoint: string; streams: boolean } {
  const [root, endpoint, operation, ...rest] = segmentsOf(event);
  if (root !== 'endpoints' || endpoint === undefined || rest.length > 0) {
    throw new UnknownOperationException(`Nothing is served at ${event.path}.`, 404);
  }
  const streams = operation === 'invocations-response-stream';
  if (operation === 'async-invocations') {
    throw new ValidationError('A pipeline takes no asynchronous invocations. Use InvokeEndpoint.');
  }
  if (operation !== 'invocations' && !streams) {
    throw new UnknownOperationException(
      `Nothing is served at ${event.path}. Invoke with POST /endpoints/${endpoint}/invocations.`,
      404,
    );
  }
  if (event.httpMethod !== 'POST') {
    throw new UnknownOperationException(`${event.path} takes POST.`, 405);
  }
  checkName(endpoint);
  return { endpoint, streams };
}

/** No table is asked for a name that no endpoint can have: the key may even be too long for it. */
function checkName(endpoint: string): void {
  const isLong = endpoint.length > LONGEST_NAME;
  if (!isLong && HOST_NAME.test(endpoint)) return;
  const rule = isLong
    ? `have length less than or equal to ${LONGEST_NAME}`
    : `satisfy regular expression pattern: ${HOST_NAME.source}`;
  throw new ValidationError(
    `1 validation error detected: Value '${endpoint.slice(0, 256)}' at 'endpointName' failed to satisfy constraint: Member must ${rule}`,
  );
}

function variantFor(
  route: Route,
  { targetVariant }: InvocationHeaders,
  endpoint: string,
  position: number,
): RouteVariant {
  const names = [...new Set(route.variants.map(({ name }) => name))].join(', ');
  if (targetVariant !== undefined) {
    const named = chooseNamed(route, targetVariant, position);
    if (named?.asleep) throw asleep(endpoint, [named.name]);
    if (named !== undefined) return named;
    throw new ValidationError(
      `Variant ${targetVariant} not found for endpoint ${endpoint}. It has: ${names}.`,
    );
  }
  const chosen = chooseVariant(route, position);
  if (chosen !== undefined) return chosen;
  const sleeping = route.variants.filter((variant) => variant.asleep).map(({ name }) => name);
  if (sleeping.length > 0) throw asleep(endpoint, sleeping);
  throw new ValidationError(
    `Every variant of endpoint ${endpoint} has weight 0. Name one of ${names} as TargetVariant.`,
  );
}

function asleep(endpoint: string, variants: string[]): ValidationError {
  return new ValidationError(
    `Variant ${variants.join(', ')} of endpoint ${endpoint} is asleep: it has no instances. Give it some by UpdateEndpointWeightsAndCapacities, with a DesiredInstanceCount of 1 or more.`,
  );
}

function checkTargetContainer(
  { mode }: RouteVariant,
  { targetContainer }: InvocationHeaders,
  endpoint: string,
): void {
  if (mode === 'Serial' && targetContainer !== undefined) {
    throw new ValidationError(
      `Endpoint ${endpoint} runs its containers in Serial mode and does not support TargetContainerHostname.`,
    );
  }
  if (mode === 'Direct' && targetContainer === undefined) {
    throw new ValidationError(
      `Endpoint ${endpoint} runs its containers in Direct mode: TargetContainerHostname must name one.`,
    );
  }
}

interface TaskRequest {
  endpoint: string;
  variant: RouteVariant;
  forwarded: Record<string, string>;
  requestId: string;
  /** As the clock tells it. */
  deadline: number;
}

type Send<T> = (address: string, headers: Record<string, string>, left: number) => Promise<T>;

/** Another task is tried when, and only when, the one before read nothing of the request. */
async function sendToOne<T extends TaskAnswer | TaskStream>(
  { endpoint, variant, forwarded, requestId, deadline }: TaskRequest,
  send: Send<T>,
  { tasks, clock, random, trace }: Invoker,
): Promise<T> {
  const outstanding = (address: string) => tasks.outstanding(address);
  const targets = orderTargets(variant, outstanding, random).slice(0, MOST_TRIES);
  const fleet = fleetId({ endpoint, variant: variant.name, generation: variant.generation });
  let turnedDown: T | undefined;
  for (const { address, task } of targets) {
    const left = Math.max(1, deadline - clock.now());
    const headers = {
      ...forwarded,
      'x-amzn-requestid': requestId,
      'x-headrace-timeout-ms': String(left),
      'x-headrace-fleet': fleet,
    };
    try {
      const call = (fields: Record<string, string>) => send(address, fields, left);
      const about = { endpoint, variant: variant.name, task, requestId };
      const answer = await (trace === undefined ? call(headers) : trace(about, headers, call));
      if (isMisdirected(answer)) {
        logEvent('warn', { event: 'task-of-another-fleet', endpoint, task, requestId });
      } else if (isTurnedDown(answer)) turnedDown = answer;
      else return answer;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logEvent('warn', { event: 'task-not-answering', endpoint, task, requestId, reason });
      if (!(error instanceof NotConnected)) {
        throw new ServiceUnavailable(
          `The task that took the request for endpoint ${endpoint} did not answer it. It may have been worked on.`,
        );
      }
    }
  }
  if (turnedDown !== undefined) return turnedDown;
  throw new NoTaskConnected(
    `No healthy task of variant ${variant.name} of endpoint ${endpoint} can take the request now. Try again.`,
  );
}

/** The task has gone, and its address belongs to another one by now. */
function isMisdirected(answer: TaskAnswer | TaskStream): boolean {
  return 'status' in answer && answer.status === 421;
}

/** A router says 503 only to what it has not begun (docs/router.md): another task may be free. */
function isTurnedDown(answer: TaskAnswer | TaskStream): boolean {
  return 'status' in answer && answer.status === 503;
}

function resultOf(
  { status, headers, body }: TaskAnswer,
  variant: RouteVariant,
  requestId: string,
): InvokeResult {
  return { statusCode: status, headers: ownHeaders(headers, variant, requestId), body };
}

/** The model's own Content-Type moves aside for that of the event stream. */
function streamOf(
  { headers, chunks }: TaskStream,
  { endpoint, variant, requestId, deadline }: TaskRequest,
  clock: Clock,
  measurement: Measurement,
): InvokeResult {
  const { 'content-type': modelType, ...own } = ownHeaders(headers, variant, requestId);
  const stage = String(headers[STAGE_HEADER] ?? 'primary');
  const onError = (error: unknown) => {
    measurement.broke();
    const reason = error instanceof Error ? error.message : String(error);
    logEvent('warn', { event: 'stream-broken', endpoint, stage, requestId, reason });
  };
  return {
    statusCode: 200,
    headers: {
      ...own,
      'Content-Type': EVENT_STREAM,
      ...(modelType !== undefined && { 'X-Amzn-SageMaker-Content-Type': modelType }),
    },
    body: eventStream(chunks, { clock, deadline, stage, onError }),
  };
}

function ownHeaders(
  headers: TaskAnswer['headers'],
  variant: RouteVariant,
  requestId: string,
): Record<string, string> {
  const own: Record<string, string> = {
    'x-Amzn-Invoked-Production-Variant': variant.name,
    'x-amzn-RequestId': requestId,
  };
  for (const name of PASSED_BACK) {
    const value = headers[name];
    if (value !== undefined) own[name] = String(value);
  }
  return own;
}
