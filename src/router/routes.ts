import type { RouterConfig } from './config.ts';
import type { RequestHead } from './http1/request-head.ts';
import { type Reply, refusal } from './reply.ts';

/** Where a request goes: to the stages, to a page of the router's own, or straight back. */
export type Route = 'invoke' | 'stream' | 'ping' | 'metrics' | Reply;

const FLEET_HEADER = 'x-headrace-fleet';
const NAMED = /^\/endpoints\/([^/]+)\/(invocations|invocations-response-stream)$/;

/** A task's paths: those of a container, and those of the data plane for its own endpoint. */
export function routeOf(
  method: string,
  path: string,
  { endpoint, account }: Pick<RouterConfig, 'endpoint' | 'account'>,
): Route {
  if (path === '/invocations') return method === 'POST' ? 'invoke' : wrongMethod('POST');
  if (path === '/ping') return method === 'GET' ? 'ping' : wrongMethod('GET');
  if (path === '/metrics') return method === 'GET' ? 'metrics' : wrongMethod('GET');
  if (path === '/invocations-response-stream') {
    return method === 'POST' ? 'stream' : wrongMethod('POST');
  }
  const [, named, operation] = NAMED.exec(path) ?? [];
  if (named === undefined) {
    return refusal(
      404,
      'UnknownOperationException',
      'There is nothing at this path. Send invocations to /invocations.',
      'no such path',
    );
  }
  if (method !== 'POST') return wrongMethod('POST');
  // A task's address may have belonged to a task of another endpoint a moment ago.
  if (named !== endpoint) {
    return refusal(
      400,
      'ValidationError',
      `Endpoint ${named} of account ${account} not found.`,
      'another endpoint',
    );
  }
  return operation === 'invocations' ? 'invoke' : 'stream';
}

/** A task's address may have been that of another fleet's a moment ago: who asks for that one gets no answer of ours. */
export function misdirected(
  { fields }: Pick<RequestHead, 'fields'>,
  { fleet }: Pick<RouterConfig, 'fleet'>,
): Reply | undefined {
  const asked = fields.get(FLEET_HEADER);
  if (asked === undefined || fleet === undefined || asked === fleet) return undefined;
  const message = 'The task at this address is not of the fleet that was asked for. Try again.';
  return refusal(421, 'ServiceUnavailable', message, 'another fleet');
}

function wrongMethod(allowed: string): Reply {
  const reply = refusal(
    405,
    'UnknownOperationException',
    `Use ${allowed} for this path.`,
    'wrong method',
  );
  return { ...reply, headers: { ...reply.headers, allow: allowed } };
}
