// npm run bench:invoke — CPU of the invoke function for each invocation, with a warm route, with metrics
// and without. Everything runs on loopback: the task is a stage of the router's bench, which answers with
// what it is sent; it is said to have three stages. Metrics go to a pipe, as on Lambda.
import { spawn } from 'node:child_process';
import { Writable } from 'node:stream';
import { systemClock } from '../../src/aws/clock.ts';
import type { Route } from '../../src/endpoints/route.ts';
import { createMeter, type Meter, noMeter } from '../../src/invocations/invocation-meter.ts';
import { createInvoke } from '../../src/invocations/invoke.ts';
import { RouteCache } from '../../src/invocations/route-cache.ts';
import { streamed } from '../../src/invocations/streamed.ts';
import { TaskClient } from '../../src/invocations/task-client.ts';
import { provideStreaming } from '../../src/local/lambda.ts';
import type { GatewayEvent } from '../../src/protocol/gateway-event.ts';
import { start, stopAll } from '../router/processes.ts';
import { median, spread } from '../router/statistics.ts';
import { contentTypeOf } from '../router/wire.ts';

const ROUNDS = 9;
const WARM_UP = 5_000;

provideStreaming();
const { said } = await start<{ ports: [number] }>('stages.ts', [1]);
const route: Route = {
  variants: [
    {
      name: 'AllTraffic',
      generation: 'g1',
      config: 'bench-1',
      weight: 1,
      share: 1,
      routing: 'LEAST_OUTSTANDING_REQUESTS',
      mode: 'Serial',
      targets: [{ task: 't', address: `127.0.0.1:${said.ports[0]}` }],
    },
  ],
};
const tasks = new TaskClient(systemClock);
const TIMES = 'featurise;dur=1.23, predict;dur=0.80, explain;dur=2.01, router;dur=0.31';
const timed: Pick<TaskClient, 'send' | 'stream' | 'outstanding'> = {
  outstanding: (address) => tasks.outstanding(address),
  stream: (...request) => tasks.stream(...request),
  send: async (...request) => {
    const answer = await tasks.send(...request);
    Object.assign(answer.headers, { 'server-timing': TIMES, 'x-headrace-in-flight': '1' });
    return answer;
  },
};
const log = spawn('cat', { stdio: ['pipe', 'ignore', 'inherit'] });
const handlerWith = (meter: Meter) =>
  streamed(
    createInvoke({
      config: { account: '000000000000' },
      routes: new RouteCache(async () => route, systemClock),
      tasks: timed,
      clock: systemClock,
      random: Math.random,
      meter,
    }),
  );
type Handler = ReturnType<typeof handlerWith>;
const off = handlerWith(noMeter);
const on = handlerWith(
  createMeter({ clock: systemClock, print: (lines) => log.stdin.write(lines) }),
);

function event(bytes: number): GatewayEvent {
  return {
    httpMethod: 'POST',
    path: '/endpoints/bench/invocations',
    headers: { 'Content-Type': contentTypeOf(0), Accept: 'text/csv', Host: 'gateway' },
    queryStringParameters: null,
    body: Buffer.alloc(bytes, 'x').toString('base64'),
    isBase64Encoded: true,
    requestContext: { requestId: 'bench', stage: 'local' },
  };
}

class Sink extends Writable {
  bytes = 0;
  readonly setContentType = (): void => undefined;
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.bytes += chunk.length;
    done();
  }
}

async function invokeOnce(handler: Handler, given: GatewayEvent, bytes: number): Promise<void> {
  const sink = new Sink();
  await handler(given, sink as never, {} as never);
  if (sink.bytes < bytes) throw new Error(`Only ${sink.bytes} bytes came back.`);
}

async function invokeMany(handler: Handler, given: GatewayEvent, size: Size) {
  let left = size.count;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      await invokeOnce(handler, given, size.bytes);
    }
  };
  await Promise.all(Array.from({ length: size.inFlight }, lane));
}

async function measure(handler: Handler, given: GatewayEvent, size: Size): Promise<number> {
  const before = process.cpuUsage();
  await invokeMany(handler, given, size);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / size.count;
}

interface Size {
  bytes: number;
  inFlight: number;
  count: number;
}

const SIZES: Record<string, Size> = {
  '200 B, one at a time (as Lambda does)': { bytes: 200, inFlight: 1, count: 2_000 },
  '200 B, 16 at a time': { bytes: 200, inFlight: 16, count: 4_000 },
  '10 KB, one at a time': { bytes: 10_240, inFlight: 1, count: 2_000 },
};
const rows: Record<string, object> = {};
for (const [name, size] of Object.entries(SIZES)) {
  const given = event(size.bytes);
  for (const handler of [off, on]) {
    await invokeMany(handler, given, { ...size, count: WARM_UP });
  }
  const without: number[] = [];
  const metered: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    without.push(await measure(off, given, size));
    metered.push(await measure(on, given, size));
  }
  const extra = metered.map((micros, round) => micros - (without[round] ?? 0));
  rows[name] = {
    'CPU µs/invocation': `${median(without).toFixed(0)} ±${spread(without)}`,
    'with metrics': `${median(metered).toFixed(0)} ±${spread(metered)}`,
    'on top': `${median(extra).toFixed(1)} ±${spread(extra)}`,
    ratio: (median(metered) / median(without)).toFixed(2),
  };
}
console.table(rows);
log.stdin.end();
await tasks.close();
await stopAll();
