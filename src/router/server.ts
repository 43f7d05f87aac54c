import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, systemClock } from '../aws/clock.ts';
import type { RouterConfig } from './config.ts';
import { type Health, watchHealth } from './health.ts';
import type { HealthReport } from './health-report.ts';
import { answerInvocation } from './invocation.ts';
import { orderlyClose } from './orderly-close.ts';
import { type Reply, refusal } from './reply.ts';
import { createStageClient } from './stage-client/index.ts';
import { serverTiming } from './timing.ts';

/** A router that listens. */
export interface Router {
  readonly port: number;
  /**
   * Drains and stops it: prints the final health report, answers on for `drainMs`, finishes what
   * runs. Calling it again waits for the same end.
   */
  close(): Promise<void>;
}

export interface RouterOptions {
  readonly clock?: Clock;
  /** Takes the lines of the log: health reports and failed requests. Default: stdout. */
  readonly print?: (line: string) => void;
}

const HEADERS_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 75_000;
const MAX_HEADER_BYTES = 65_536;
const CHECK_CONNECTIONS_MS = 5_000;
/** What a request may take over its deadline: the deadline itself must be what ends it. */
const GRACE_MS = 10_000;

/** Starts the router of one task on `config.listen`; resolves once it listens. */
export async function startRouter(
  config: RouterConfig,
  { clock = systemClock, print = printLine }: RouterOptions = {},
): Promise<Router> {
  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: config.timeoutMs + GRACE_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    connectionsCheckingInterval: CHECK_CONNECTIONS_MS,
  });
  const closeServer = orderlyClose(server);
  await listen(server, config);

  const client = createStageClient();
  const health = watchHealth({ stages: config.stages, ping: client.ping, clock, print });
  let inFlight = 0;
  let draining = false;
  let closed: Promise<void> | undefined;

  const invoke = async (request: IncomingMessage, response: ServerResponse): Promise<Reply> => {
    if (inFlight >= config.maxInFlight) return overloaded(config);
    const starting = health.firstStarting();
    if (starting) return stillStarting(starting, config);

    inFlight += 1;
    try {
      return await answerInvocation(request, response, config, client.invoke);
    } catch (error) {
      return refusal(
        500,
        'InternalFailure',
        'The router failed.',
        `router fault: ${String(error)}`,
      );
    } finally {
      inFlight -= 1;
    }
  };

  server.on('request', async (request, response) => {
    const requestId = requestIdOf(request);
    const route = routeOf(request, config);
    if (route === 'ping') return write(response, pingReply(health, draining), requestId, draining);
    if (route !== 'invoke') return write(response, route, requestId, draining);

    const reply = await invoke(request, response);
    if (reply.failed) print(failureLine(requestId, reply, response));
    if (!response.destroyed) write(response, reply, requestId, draining);
  });

  const drain = async (): Promise<void> => {
    draining = true;
    await health.finish();
    await sleep(config.drainMs);
    await closeServer(config.timeoutMs + GRACE_MS);
    client.close();
  };

  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      closed ??= drain();
      return closed;
    },
  };
}

/** Where a request goes: to the stages, to the health report, or straight back. */
type Route = 'invoke' | 'ping' | Reply;

function routeOf(request: IncomingMessage, { endpoint, account }: RouterConfig): Route {
  const [path = '/'] = (request.url ?? '/').split('?', 1);
  if (path === '/ping') return request.method === 'GET' ? 'ping' : wrongMethod('GET');

  const named = /^\/endpoints\/([^/]+)\/invocations$/.exec(path);
  if (path !== '/invocations' && !named) {
    return refusal(
      404,
      'UnknownOperationException',
      'There is nothing at this path. Send invocations to /invocations.',
      'no such path',
    );
  }
  if (request.method !== 'POST') return wrongMethod('POST');
  // A task's address may have belonged to a task of another endpoint a moment ago.
  if (named && named[1] !== endpoint) {
    return refusal(
      400,
      'ValidationError',
      `Endpoint ${named[1]} of account ${account} not found.`,
      'another endpoint',
    );
  }
  return 'invoke';
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

function pingReply(health: Health, draining: boolean): Reply {
  const status = health.healthy() && !draining ? 200 : 503;
  const headers = { 'content-type': 'application/json' };
  return { status, headers, body: JSON.stringify(health.report()) };
}

function overloaded({ maxInFlight }: RouterConfig): Reply {
  return refusal(
    503,
    'ServiceUnavailable',
    `This instance is busy with ${maxInFlight} requests. Try again shortly, or raise the endpoint's instance count.`,
    'too many requests in flight',
  );
}

/** Until every stage was healthy once, no request passes. Later failures end the task, not requests. */
function stillStarting(
  stage: HealthReport['stages'][number],
  { endpoint, logGroup }: RouterConfig,
): Reply {
  return refusal(
    503,
    'ServiceUnavailable',
    `Container ${stage.name} of endpoint ${endpoint} is still starting after ${stage.seconds} s: ${stage.reason}. Try again shortly; if it stays so, look in its log in ${logGroup}.`,
    `${stage.name} is starting`,
  );
}

function write(response: ServerResponse, reply: Reply, requestId: string, draining: boolean): void {
  response.writeHead(reply.status, {
    ...reply.headers,
    'server-timing': reply.timing ?? serverTiming([], 0),
    'x-amzn-requestid': requestId,
    'content-length': Buffer.byteLength(reply.body),
    ...(draining && { connection: 'close' }),
  });
  response.end(reply.body);
}

/** One line per failed request: who and why, never a body or a custom attribute. */
function failureLine(
  requestId: string,
  { status, failed }: Reply,
  response: ServerResponse,
): string {
  return JSON.stringify({
    event: 'request-failed',
    requestId,
    stage: failed?.stage ?? null,
    reason: failed?.reason,
    // As nginx counts it: the caller closed the request.
    status: response.destroyed ? 499 : status,
  });
}

function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-amzn-requestid'];
  return typeof given === 'string' && /^[\x21-\x7e]{1,128}$/.test(given) ? given : randomUUID();
}

function listen(server: Server, { port, listen: host }: RouterConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
