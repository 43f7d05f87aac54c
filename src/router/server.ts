import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, systemClock } from '../aws/clock.ts';
import { Capture } from '../capture/capture.ts';
import { CAPTURE_END_SECONDS } from '../capture/capture-settings.ts';
import type { RouterConfig } from './config.ts';
import { type Health, watchHealth } from './health.ts';
import type { HealthReport } from './health-report.ts';
import type { Caller, Job } from './http-server/caller-connection.ts';
import { startHttpServer } from './http-server/http-server.ts';
import type { RequestHead } from './http1/request-head.ts';
import { Invocation, type InvocationHost, readAsked } from './invocation.ts';
import { Metrics } from './metrics.ts';
import { type Reply, refusal } from './reply.ts';
import { misdirected, routeOf } from './routes.ts';
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
  /** The file that the thread of data capture runs; needed when the endpoint captures. */
  readonly script?: string | URL;
}

/** What a request may take over its deadline: the deadline itself must be what ends it. */
const GRACE_MS = 10_000;
/** Callers beside those whose requests run: idle connections, pings, and those told to come back. */
const SPARE_CONNECTIONS = 4_096;
const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;
const NO_TIMING = serverTiming([], 0);

/** Starts the router of one task on `config.listen`; resolves once it listens. */
export async function startRouter(
  config: RouterConfig,
  { clock = systemClock, print = printLine, script }: RouterOptions = {},
): Promise<Router> {
  const client = createStageClient();
  const longestMs = Math.max(config.timeoutMs, config.streamTimeoutMs) + GRACE_MS;
  const metrics = new Metrics(config.stages);
  const capture = startCapture(config, script, print);
  let health: Health | undefined;
  let inFlight = 0;
  let heldBytes = 0;
  let isDraining = false;
  let closed: Promise<void> | undefined;

  const logFailed = (requestId: string, failed: Reply['failed'], status: number): void => {
    const { stage = null, reason } = failed ?? {};
    print(JSON.stringify({ event: 'request-failed', requestId, stage, reason, status }));
  };

  const host: InvocationHost = {
    config,
    metrics,
    invoke: client.invoke,
    capture,
    dress: ({ status, headers, timing = NO_TIMING, closes }, requestId) => ({
      status,
      headers: { ...headers, 'x-amzn-requestid': requestId },
      timing,
      ...(closes && { closes }),
    }),
    send(caller, reply, requestId) {
      metrics.answered(reply.status);
      if (reply.failed) logFailed(requestId, reply.failed, reply.status);
      caller.reply({ ...host.dress(reply, requestId), body: reply.body });
    },
    ended(requestId, status, failed) {
      metrics.answered(status);
      if (failed) logFailed(requestId, failed, status);
    },
    holds(change) {
      heldBytes += change;
      return heldBytes <= config.maxHeldBytes;
    },
    full: () => full(config),
    over() {
      inFlight -= 1;
    },
  };

  const begin = (head: RequestHead, caller: Caller): Job | undefined => {
    const route = routeOf(head.method, head.path, config);
    const requestId = requestIdOf(head);
    if (route === 'ping') {
      caller.reply(page(pingReply(health, isDraining), requestId));
    } else if (route === 'metrics') {
      caller.reply(page(metricsReply(metrics.text(inFlight, capture?.metrics())), requestId));
    } else if (route === 'invoke' || route === 'stream') {
      const asked = readAsked(head, route === 'stream', config);
      const refused =
        misdirected(head, config) ??
        turnedAway(health, inFlight, heldBytes, config) ??
        ('status' in asked ? asked : undefined);
      if (refused === undefined && !('status' in asked)) {
        inFlight += 1;
        return new Invocation(head, caller, { ...asked, inFlight }, requestId, host);
      }
      if (refused) host.send(caller, refused, requestId);
    } else {
      caller.reply(page(route, requestId));
    }
    return undefined;
  };

  const page = ({ body, ...rest }: Reply, requestId: string): Reply => ({
    ...host.dress(rest, requestId),
    body,
  });

  const server = await startHttpServer(
    {
      begin,
      malformed: (reason, caller) => host.send(caller, malformed(reason), randomUUID()),
      isDraining: () => isDraining,
    },
    {
      maxConnections: config.maxInFlight + SPARE_CONNECTIONS,
      requestMs: longestMs,
    },
    { port: config.port, host: config.listen },
  );
  const pace = { everyMs: config.pingEveryMs, failures: config.pingFailures };
  health = watchHealth({ stages: config.stages, ping: client.ping, clock, print, pace });

  const drain = async (): Promise<void> => {
    isDraining = true;
    await health.finish();
    await sleep(config.drainMs);
    await server.close(longestMs);
    client.close();
    await capture?.close(CAPTURE_END_SECONDS * 1_000);
  };

  return {
    port: server.port,
    close: () => {
      closed ??= drain();
      return closed;
    },
  };
}

function startCapture(
  { capture: settings, endpoint, variant, region }: RouterConfig,
  script: string | URL | undefined,
  print: (line: string) => void,
): Capture | undefined {
  if (settings === undefined) return undefined;
  if (script === undefined) throw new Error('An endpoint that captures needs the thread to do it.');
  const place = { prefix: settings.prefix, endpoint, variant };
  return new Capture({ settings, place, region, script, print });
}

/** Why no invocation can be taken now; undefined when one can. */
function turnedAway(
  health: Health | undefined,
  inFlight: number,
  heldBytes: number,
  config: RouterConfig,
): Reply | undefined {
  if (inFlight >= config.maxInFlight) return overloaded(config);
  if (heldBytes >= config.maxHeldBytes) return full(config);
  const starting = health?.firstStarting();
  return starting && stillStarting(starting, config);
}

function pingReply(health: Health | undefined, isDraining: boolean): Reply {
  const status = health?.healthy() && !isDraining ? 200 : 503;
  const headers = { 'content-type': 'application/json' };
  return { status, headers, body: JSON.stringify(health?.report()) };
}

function metricsReply(body: string): Reply {
  return { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4' }, body };
}

function malformed(reason: string): Reply {
  return {
    ...refusal(
      400,
      'ValidationError',
      `The request is not valid HTTP: ${reason}. Send it with an HTTP/1.1 client.`,
      `malformed request: ${reason}`,
    ),
    closes: true,
  };
}

function overloaded({ maxInFlight }: RouterConfig): Reply {
  return refusal(
    503,
    'ServiceUnavailable',
    `This instance is busy with ${maxInFlight} requests. Try again shortly, or raise the endpoint's instance count.`,
    'too many requests in flight',
  );
}

function full({ maxHeldBytes }: RouterConfig): Reply {
  return refusal(
    503,
    'ServiceUnavailable',
    `This instance holds ${maxHeldBytes} bytes of requests and answers, and takes no more. Try again shortly, or raise the endpoint's instance count.`,
    'too many bytes in flight',
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

function requestIdOf({ fields }: RequestHead): string {
  const given = fields.get('x-amzn-requestid');
  return given !== undefined && REQUEST_ID.test(given) ? given : randomUUID();
}

function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
