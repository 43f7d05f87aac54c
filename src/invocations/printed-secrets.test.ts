import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { gatewayEvent } from '../../test/support/api.ts';
import type { Route } from '../endpoints/route.ts';
import { createMeter } from './invocation-meter.ts';
import { createInvoke, type Invoker } from './invoke.ts';
import { RouteCache } from './route-cache.ts';
import { NotAnswered, NotConnected, type TaskAnswer, type TaskStream } from './task-client.ts';
import { createTracer } from './tracer.ts';

const SECRET = 'Tr0ub4dorMarker7f1e0cQ9';
const TIMES = 'first;dur=1.00, last;dur=2.00, router;dur=0.10';
const OWN = { 'server-timing': TIMES, 'x-amzn-sagemaker-custom-attributes': SECRET };
const TRACE = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';

const ROUTE: Route = {
  variants: [
    {
      name: 'AllTraffic',
      generation: 'g1',
      config: 'iris-1',
      weight: 1,
      share: 1,
      routing: 'LEAST_OUTSTANDING_REQUESTS',
      mode: 'Serial',
      targets: [{ task: 't', address: 't:1' }],
    },
  ],
};

/** Everything that the function lets out but its answer. */
let said: string;

function keep(text: string): void {
  said += `${text}\n`;
}

beforeEach(() => {
  said = '';
  vi.spyOn(console, 'error').mockImplementation(keep);
  vi.spyOn(console, 'log').mockImplementation(keep);
});

afterEach(() => {
  vi.restoreAllMocks();
});

interface World {
  readRoute?: () => Promise<Route>;
  /** What the task does with each request. */
  task?: () => TaskAnswer | TaskStream;
}

interface Request {
  operation?: string;
  headers?: Record<string, string>;
}

/** The secret wherever a caller may put one; the answer is read to its end. */
async function invoke(
  { readRoute = async () => ROUTE, task = answered(200) }: World,
  { operation = 'invocations', headers = {} }: Request = {},
): Promise<number> {
  const clock = { now: () => 1_000 };
  const call = async () => task() as never;
  const invoker: Invoker = {
    config: { account: '123456789012' },
    routes: new RouteCache(readRoute, clock),
    tasks: { outstanding: () => 0, send: call, stream: call },
    clock,
    random: () => 0.5,
    meter: createMeter({ clock, print: keep }),
    trace: createTracer({ traceHeader: () => TRACE, send: keep, clock }),
  };
  const { statusCode, body } = await createInvoke(invoker)(
    gatewayEvent({
      path: `/endpoints/iris/${operation}`,
      body: SECRET,
      headers: {
        'Content-Type': 'text/csv',
        Authorization: `Bearer ${SECRET}`,
        Cookie: SECRET,
        'X-Amzn-SageMaker-Custom-Attributes': SECRET,
        'X-Amzn-SageMaker-Inference-Id': SECRET,
        ...headers,
      },
    }),
  );
  if (!Buffer.isBuffer(body)) await readToEnd(body);
  return statusCode;
}

async function readToEnd(frames: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of frames);
}

const answered = (status: number, more: Record<string, string> = {}) => {
  const body = Buffer.from(JSON.stringify({ OriginalStatusCode: 400, OriginalMessage: SECRET }));
  return () => ({ status, headers: { ...OWN, ...more }, body });
};
const failing = (error: Error) => (): never => {
  throw error;
};
const streaming = (breaksWith?: Error) => () => {
  const chunks = Readable.from(
    (async function* () {
      yield Buffer.from(SECRET);
      if (breaksWith !== undefined) throw breaksWith;
    })(),
  );
  return { headers: OWN, chunks };
};
const reset = Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
const STREAM = { operation: 'invocations-response-stream' };

it.each<[string, World, Request, number, parts: string[]]>([
  ['is answered', {}, {}, 200, ['ModelLatency', 'subsegment']],
  [
    'a stage fails',
    { task: answered(424, { 'x-amzn-errortype': 'ModelError' }) },
    {},
    424,
    ['"InvocationModelErrors":1', '"fault":true'],
  ],
  ['a router turns down', { task: answered(503) }, {}, 503, ['"Invocation5XXErrors":1']],
  [
    'finds no task',
    { task: failing(new NotConnected('connect ECONNREFUSED')) },
    {},
    503,
    ['task-not-answering', '"fault":true', '"Invocation5XXErrors":1'],
  ],
  [
    'a task leaves unanswered',
    { task: failing(new NotAnswered('socket hang up')) },
    {},
    503,
    ['task-not-answering', '"fault":true', '"Invocation5XXErrors":1'],
  ],
  ['streams', { task: streaming() }, STREAM, 200, ['"MidStreamErrors":0', 'subsegment']],
  ['breaks off', { task: streaming(reset) }, STREAM, 200, ['"MidStreamErrors":1', 'stream-broken']],
  [
    'has no route for want of the table',
    { readRoute: () => Promise.reject(new Error('the table is down')) },
    {},
    500,
    ['internal-failure', 'route-not-refreshed'],
  ],
  ['names a variant that is none', {}, { headers: variantHeader(SECRET) }, 400, []],
  ['has a bad header', {}, { headers: inferenceId(SECRET.repeat(4)) }, 400, []],
  ['is no operation', {}, { operation: `invocations/${SECRET}` }, 404, []],
])('a request that %s tells nobody what was in it', async (_, world, request, status, parts) => {
  expect(await invoke(world, request)).toBe(status);

  for (const part of parts) expect(said).toContain(part);
  expect(said).not.toContain(SECRET);
  expect(said).not.toContain(Buffer.from(SECRET).toString('base64').slice(0, -4));
});

function variantHeader(name: string) {
  return { 'X-Amzn-SageMaker-Target-Variant': name };
}

function inferenceId(id: string) {
  return { 'X-Amzn-SageMaker-Inference-Id': id };
}
