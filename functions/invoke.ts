import { guardInvoke } from '../src/auth/guard.ts';
import { createSignIn } from '../src/auth/sign-in.ts';
import { systemClock } from '../src/aws/clock.ts';
import {
  configFromEnvironment,
  credentialsFromEnvironment,
  traceHeaderFromEnvironment,
} from '../src/aws/config.ts';
import { createReadItem } from '../src/aws/read-item.ts';
import { createXrayDaemon } from '../src/aws/xray-daemon.ts';
import { createMeter } from '../src/invocations/invocation-meter.ts';
import { createInvoke } from '../src/invocations/invoke.ts';
import { createReadRoute } from '../src/invocations/read-route.ts';
import { RouteCache } from '../src/invocations/route-cache.ts';
import { streamed } from '../src/invocations/streamed.ts';
import { TaskClient } from '../src/invocations/task-client.ts';
import { withTraceId } from '../src/invocations/trace-id.ts';
import { createTracer } from '../src/invocations/tracer.ts';

const config = configFromEnvironment();
const caller = { credentials: credentialsFromEnvironment(), clock: systemClock };
const table = { get: createReadItem(config, caller) };

const { xrayDaemon } = config;
const trace =
  xrayDaemon === undefined
    ? undefined
    : createTracer({
        traceHeader: traceHeaderFromEnvironment,
        send: createXrayDaemon(xrayDaemon),
        clock: systemClock,
      });

const invoke = createInvoke({
  config,
  routes: new RouteCache(createReadRoute(table), systemClock),
  tasks: new TaskClient(systemClock),
  clock: systemClock,
  random: Math.random,
  trace,
  // Not by the console: Lambda puts a time and an id in front of its lines, and CloudWatch takes whole JSON.
  meter: createMeter({
    clock: systemClock,
    hasContainers: config.containerMetrics,
    print: (lines) => process.stdout.write(lines),
  }),
});

export const handler = streamed(
  withTraceId(guardInvoke(createSignIn(config, systemClock), invoke)),
);
