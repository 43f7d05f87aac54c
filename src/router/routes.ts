import type { RouterConfig } from './config.ts';
import { type Reply, refusal } from './reply.ts';

/** Where a request goes: to the stages, to a page of the router's own, or straight back. */
export type Route = 'invoke' | 'stream' | 'ping' | 'metrics' | Reply;

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

function wrongMethod(allowed: string): Reply {
  const reply = refusal(
    405,
    'UnknownOperationException',
    `Use ${allowed} for this path.`,
    'wrong method',
  );
  return { ...reply, headers: { ...reply.headers, allow: allowed } };
}
