import { expect, it } from 'vitest';
import { systemClock } from '../src/aws/clock.ts';
import type { EndpointRecord } from '../src/endpoints/endpoint-record.ts';
import { statusOf } from '../src/endpoints/endpoint-record.ts';
import { noMeter } from '../src/invocations/invocation-meter.ts';
import { createInvoke } from '../src/invocations/invoke.ts';
import { createReadRoute } from '../src/invocations/read-route.ts';
import { RouteCache } from '../src/invocations/route-cache.ts';
import { TaskClient } from '../src/invocations/task-client.ts';
import type { GatewayEvent } from '../src/protocol/gateway-event.ts';
import { newRecord } from '../src/records/named-record.ts';
import { testConfig } from './support/config.ts';
import { startMemoryTable } from './support/memory-table.ts';
import { startPipeline } from './support/router-pipeline.ts';

const REQUESTS = 300;

function invocation(text: string): GatewayEvent {
  return {
    httpMethod: 'POST',
    path: '/endpoints/abalone/invocations',
    headers: { 'Content-Type': 'text/plain' },
    queryStringParameters: null,
    body: text,
    isBase64Encoded: false,
    requestContext: { requestId: text, stage: 'prod' },
  };
}

it('an endpoint that serves goes on serving while the table, ECS and the queue are down', async () => {
  const { router } = await startPipeline();
  const memory = await startMemoryTable();
  const variant = {
    name: 'AllTraffic',
    generation: 'g1',
    weight: 1,
    share: 1,
    routing: 'RANDOM' as const,
    mode: 'Serial' as const,
    targets: [{ task: 't1', address: `127.0.0.1:${router.port}` }],
  };
  await memory.table.create<EndpointRecord>({
    ...newRecord('endpoint', 'abalone', 0, 'i1', {}),
    ...statusOf('InService', 'abalone', 0),
    endpointConfigName: 'c',
    generation: 'g1',
    route: { variants: [variant] },
  });
  // Ten seconds pass between two requests: every one of them wants a newer route.
  let now = 0;
  const clock = { now: () => (now += 10_000) };
  const tasks = new TaskClient(systemClock);
  const routes = new RouteCache(createReadRoute(memory.table), clock);
  const invoke = createInvoke({
    config: testConfig,
    routes,
    tasks,
    clock,
    random: Math.random,
    meter: noMeter,
  });
  const warm = await invoke(invocation('warm'));
  await memory.close();

  const statuses = new Set<number>();
  for (let sent = 0; sent < REQUESTS; sent += 50) {
    const batch = Array.from({ length: 50 }, (_, n) => invoke(invocation(`${sent + n}`)));
    for (const { statusCode } of await Promise.all(batch)) statuses.add(statusCode);
  }

  expect(warm.statusCode).toBe(200);
  expect([...statuses]).toEqual([200]);
  await tasks.close();
});
