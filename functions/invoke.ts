import { guardInvoke } from '../src/auth/guard.ts';
import { createSignIn } from '../src/auth/sign-in.ts';
import { createDynamoDB } from '../src/aws/clients.ts';
import { systemClock } from '../src/aws/clock.ts';
import { configFromEnvironment } from '../src/aws/config.ts';
import { randomId } from '../src/aws/ids.ts';
import { Table } from '../src/aws/table.ts';
import { createMeter } from '../src/invocations/invocation-meter.ts';
import { createInvoke } from '../src/invocations/invoke.ts';
import { createReadRoute } from '../src/invocations/read-route.ts';
import { RouteCache } from '../src/invocations/route-cache.ts';
import { streamed } from '../src/invocations/streamed.ts';
import { TaskClient } from '../src/invocations/task-client.ts';

const config = configFromEnvironment();
const table = new Table(createDynamoDB(config.region), config.table, randomId);

const invoke = createInvoke({
  config,
  routes: new RouteCache(createReadRoute(table), systemClock),
  tasks: new TaskClient(),
  clock: systemClock,
  random: Math.random,
  // Not by the console: Lambda puts a time and an id in front of its lines, and CloudWatch takes whole JSON.
  meter: createMeter({ clock: systemClock, print: (lines) => process.stdout.write(lines) }),
});

export const handler = streamed(guardInvoke(createSignIn(config, systemClock), invoke));
