import type { Clock } from '../aws/clock.ts';
import type { Config } from '../aws/config.ts';
import { logEvent } from '../aws/log.ts';
import type { Route, RouteVariant } from '../endpoints/route.ts';
import { errorResult } from '../protocol/error-result.ts';
import {
  ServiceUnavailable,
  UnknownOperationException,
  ValidationError,
} from '../protocol/errors.ts';
import {
  bodyOf,
  type GatewayEvent,
  type GatewayResult,
  segmentsOf,
} from '../protocol/gateway-event.ts';
import { chooseNamed, chooseVariant, orderTargets } from './choose-target.ts';
import { type InvocationHeaders, invocationHeaders } from './invocation-headers.ts';
import { NotConnected, type TaskAnswer, type TaskClient } from './task-client.ts';

/** Reference section 7. */
const MAX_BODY_BYTES = 6_291_456;
const DEADLINE_MS = 60_000;
const MOST_TRIES = 3;
const LONGEST_NAME = 63;
const ENDPOINT_NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/;

/** What of a task's answer is the caller's. */
const PASSED_BACK = [
  'content-type',
  'server-timing',
  'x-amzn-errortype',
  'x-amzn-sagemaker-custom-attributes',
];

export interface Invoker {
  config: Pick<Config, 'account'>;
  routes: { get(endpoint: string): Promise<Route | undefined> };
  tasks: Pick<TaskClient, 'send' | 'outstanding'>;
  clock: Clock;
  random: () => number;
}

/** The data plane: `POST /endpoints/{EndpointName}/invocations` (reference section 3). */
export function createInvoke(invoker: Invoker) {
  return async (event: GatewayEvent): Promise<GatewayResult> => {
    try {
      return await invoke(event, invoker);
    } catch (error) {
      return errorResult(error, event.requestContext.requestId, 'application/json');
    }
  };
}

async function invoke(event: GatewayEvent, invoker: Invoker): Promise<GatewayResult> {
  const endpoint = endpointOf(event);
  const headers = invocationHeaders(event, endpoint);
  const body = bodyOf(event, MAX_BODY_BYTES, 'ValidationError');
  const route = await invoker.routes.get(endpoint);
  if (route === undefined) {
    throw new ValidationError(
      `Endpoint ${endpoint} of account ${invoker.config.account} not found.`,
    );
  }
  const variant = variantFor(route, headers, endpoint, invoker.random());
  checkTargetContainer(variant, headers, endpoint);
  const { requestId } = event.requestContext;
  const answer = await sendToOne(endpoint, variant, headers, body, requestId, invoker);
  return resultOf(answer, variant, requestId);
}

function endpointOf(event: GatewayEvent): string {
  const [root, endpoint, operation, ...rest] = segmentsOf(event);
  if (root !== 'endpoints' || endpoint === undefined || rest.length > 0) {
    throw new UnknownOperationException(`Nothing is served at ${event.path}.`, 404);
  }
  if (operation === 'invocations-response-stream') {
    throw new ValidationError('Response streams are not served yet. Use InvokeEndpoint.');
  }
  if (operation === 'async-invocations') {
    throw new ValidationError('A pipeline takes no asynchronous invocations. Use InvokeEndpoint.');
  }
  if (operation !== 'invocations') {
    throw new UnknownOperationException(
      `Nothing is served at ${event.path}. Invoke with POST /endpoints/${endpoint}/invocations.`,
      404,
    );
  }
  if (event.httpMethod !== 'POST') {
    throw new UnknownOperationException(`${event.path} takes POST.`, 405);
  }
  checkName(endpoint);
  return endpoint;
}

/** No table is asked for a name that no endpoint can have: the key may even be too long for it. */
function checkName(endpoint: string): void {
  const isLong = endpoint.length > LONGEST_NAME;
  if (!isLong && ENDPOINT_NAME.test(endpoint)) return;
  const rule = isLong
    ? `have length less than or equal to ${LONGEST_NAME}`
    : `satisfy regular expression pattern: ${ENDPOINT_NAME.source}`;
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
    if (named !== undefined) return named;
    throw new ValidationError(
      `Variant ${targetVariant} not found for endpoint ${endpoint}. It has: ${names}.`,
    );
  }
  const chosen = chooseVariant(route, position);
  if (chosen !== undefined) return chosen;
  throw new ValidationError(
    `Every variant of endpoint ${endpoint} has weight 0. Name one of ${names} as TargetVariant.`,
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

/** Another task is tried when, and only when, the one before read nothing of the request. */
async function sendToOne(
  endpoint: string,
  variant: RouteVariant,
  { forwarded }: InvocationHeaders,
  body: Buffer,
  requestId: string,
  { tasks, clock, random }: Invoker,
): Promise<TaskAnswer> {
  const deadline = clock.now() + DEADLINE_MS;
  const outstanding = (address: string) => tasks.outstanding(address);
  const targets = orderTargets(variant, outstanding, random).slice(0, MOST_TRIES);
  for (const { address, task } of targets) {
    const left = Math.max(1, deadline - clock.now());
    const headers = {
      ...forwarded,
      'x-amzn-requestid': requestId,
      'x-headrace-timeout-ms': String(left),
    };
    try {
      return await tasks.send(address, headers, body, left);
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
  throw new ServiceUnavailable(
    `No healthy task of variant ${variant.name} of endpoint ${endpoint} can take the request now. Try again.`,
  );
}

function resultOf(answer: TaskAnswer, variant: RouteVariant, requestId: string): GatewayResult {
  const headers: Record<string, string> = {
    'x-Amzn-Invoked-Production-Variant': variant.name,
    'x-amzn-RequestId': requestId,
  };
  for (const name of PASSED_BACK) {
    const value = answer.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  return {
    statusCode: answer.status,
    headers,
    body: answer.body.toString('base64'),
    isBase64Encoded: true,
  };
}
