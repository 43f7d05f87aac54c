import { Readable } from 'node:stream';
import middy from '@middy/core';
import type { StreamifyHandler } from 'aws-lambda';
import { createDynamoDB } from '../src/aws/clients.ts';
import { systemClock } from '../src/aws/clock.ts';
import { configFromEnvironment } from '../src/aws/config.ts';
import { randomId } from '../src/aws/ids.ts';
import { Table } from '../src/aws/table.ts';
import { createInvoke } from '../src/invocations/invoke.ts';
import { createReadRoute } from '../src/invocations/read-route.ts';
import { RouteCache } from '../src/invocations/route-cache.ts';
import { TaskClient } from '../src/invocations/task-client.ts';
import type { GatewayEvent } from '../src/protocol/gateway-event.ts';

const config = configFromEnvironment();
const table = new Table(createDynamoDB(config.region), config.table, randomId);

const invoke = createInvoke({
  config,
  routes: new RouteCache(createReadRoute(table), systemClock),
  tasks: new TaskClient(),
  clock: systemClock,
  random: Math.random,
});

/** Streams all its answers, so that bytes stay bytes: its routes in API Gateway transfer with STREAM. */
export const handler = middy(
  async (event: GatewayEvent) => {
    const { body, ...head } = await invoke(event);
    return { ...head, body: Readable.from(Buffer.isBuffer(body) ? [body] : body) };
  },
  { streamifyResponse: true },
  // What middy makes of it then, its types do not tell.
) as unknown as StreamifyHandler<GatewayEvent>;
