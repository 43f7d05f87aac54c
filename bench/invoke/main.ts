// npm run bench:invoke — CPU of the invoke function for each invocation, with a warm route. Everything
// runs on loopback: the task is a stage of the router's bench, which answers with what it is sent.
import { Writable } from 'node:stream';
import { systemClock } from '../../src/aws/clock.ts';
import type { Route } from '../../src/endpoints/route.ts';
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
      weight: 1,
      share: 1,
      routing: 'LEAST_OUTSTANDING_REQUESTS',
      mode: 'Serial',
      targets: [{ task: 't', address: `127.0.0.1:${said.ports[0]}` }],
    },
  ],
};
const tasks = new TaskClient();
const handler = streamed(
  createInvoke({
    config: { account: '000000000000' },
    routes: new RouteCache(async () => route, systemClock),
    tasks,
    clock: systemClock,
    random: Math.random,
  }),
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

async function invokeOnce(given: GatewayEvent, bytes: number): Promise<void> {
  const sink = new Sink();
  await handler(given, sink as never, {} as never);
  if (sink.bytes < bytes) throw new Error(`Only ${sink.bytes} bytes came back.`);
}

async function invokeMany(given: GatewayEvent, bytes: number, count: number, inFlight: number) {
  let left = count;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      await invokeOnce(given, bytes);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}

const rows: Record<string, object> = {};
for (const [name, bytes, inFlight, count] of [
  ['200 B, one at a time (as Lambda does)', 200, 1, 2_000],
  ['200 B, 16 at a time', 200, 16, 4_000],
  ['10 KB, one at a time', 10_240, 1, 2_000],
] as const) {
  const given = event(bytes);
  await invokeMany(given, bytes, WARM_UP, inFlight);
  const micros: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    await invokeMany(given, bytes, count, inFlight);
    const { user, system } = process.cpuUsage(before);
    micros.push((user + system) / count);
  }
  rows[name] = { 'CPU µs/invocation': `${median(micros).toFixed(0)} ±${spread(micros)}` };
}
console.table(rows);
await tasks.close();
await stopAll();
