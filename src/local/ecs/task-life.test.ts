import type { Task } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SimulatedEcs } from '../../../test/support/ecs/simulated-ecs.ts';

let simulated: SimulatedEcs;

beforeEach(() => {
  simulated = new SimulatedEcs();
});

afterEach(() => simulated.close());

function runTask(family: string): string {
  const { tasks } = simulated.call<{ tasks: Task[] }>('RunTask', { taskDefinition: family });
  return tasks[0]!.taskArn!;
}

function describe(taskArn: string): Task {
  return simulated.call<{ tasks: Task[] }>('DescribeTasks', { tasks: [taskArn] }).tasks[0]!;
}

function running(): string[] {
  return simulated.runtime.running.map(({ name }) => name);
}

/** As the control plane registers them: the router depends on the stages, the stages on the loader. */
const PIPELINE = [
  {
    name: 'router',
    image: 'router',
    portMappings: [{ containerPort: 8080 }],
    healthCheck: { command: ['CMD', './serve', 'health'], interval: 5, timeout: 5, retries: 2 },
    dependsOn: [
      { containerName: 'one', condition: 'START' },
      { containerName: 'two', condition: 'START' },
    ],
  },
  { name: 'loader', image: 'loader', essential: false },
  { name: 'one', image: 'one', dependsOn: [{ containerName: 'loader', condition: 'SUCCESS' }] },
  { name: 'two', image: 'two', dependsOn: [{ containerName: 'loader', condition: 'SUCCESS' }] },
];

test('containers start in the order of their dependencies', async () => {
  simulated.scripts.loader = { exitAfterMs: 1000 };
  simulated.register('pipeline', PIPELINE);

  const task = runTask('pipeline');
  await simulated.time.advance(999);
  const loading = { containers: running(), status: describe(task).lastStatus };
  await simulated.time.advance(1);

  expect(loading).toEqual({ containers: ['loader'], status: 'PENDING' });
  expect(running()).toEqual(['one', 'two', 'router']);
  expect(describe(task)).toMatchObject({
    lastStatus: 'RUNNING',
    desiredStatus: 'RUNNING',
    healthStatus: 'HEALTHY',
    group: 'family:pipeline',
    containers: [
      {
        name: 'router',
        lastStatus: 'RUNNING',
        healthStatus: 'HEALTHY',
        networkBindings: [{ containerPort: 8080, bindIP: '127.0.0.1', protocol: 'tcp' }],
        networkInterfaces: [{ privateIpv4Address: '127.0.0.1' }],
      },
      { name: 'loader', lastStatus: 'STOPPED', exitCode: 0 },
      { name: 'one', lastStatus: 'RUNNING' },
      { name: 'two', lastStatus: 'RUNNING' },
    ],
    attachments: [{ details: [{ name: 'privateIPv4Address', value: '127.0.0.1' }] }],
  });
});

test('a dependency that fails stops the task before its dependents start', async () => {
  simulated.scripts.loader = { exitAfterMs: 1000, exitCode: 3 };
  simulated.register('pipeline', PIPELINE);

  const task = runTask('pipeline');
  await simulated.time.advance(2000);

  expect(describe(task)).toMatchObject({
    lastStatus: 'STOPPED',
    stopCode: 'TaskFailedToStart',
    stoppedReason: expect.stringContaining('[loader]'),
    containers: [
      { name: 'router', lastStatus: 'STOPPED' },
      { name: 'loader', exitCode: 3 },
      { name: 'one', lastStatus: 'STOPPED', reason: expect.stringContaining('Exit code 3') },
      { name: 'two' },
    ],
  });
  expect(simulated.runtime.openTasks).toEqual([]);
});

test('stopping goes against the order of the dependencies', async () => {
  simulated.scripts.loader = { exitAfterMs: 0 };
  simulated.scripts.router = { stopsAfterMs: 2000 };
  simulated.scripts.one = { stopsAfterMs: 500 };
  simulated.register('pipeline', PIPELINE);
  const task = runTask('pipeline');
  await simulated.time.advance(100);

  simulated.call('StopTask', { task, reason: 'enough' });
  await simulated.time.advance(1999);
  const draining = running();
  await simulated.time.advance(1);
  await simulated.time.advance(499);
  const stages = running();
  await simulated.time.advance(1);

  expect(draining).toEqual(['one', 'two', 'router']);
  expect(stages).toEqual(['one']);
  expect(describe(task)).toMatchObject({
    lastStatus: 'STOPPED',
    stopCode: 'UserInitiated',
    stoppedReason: 'enough',
    containers: [{ exitCode: 143 }, { exitCode: 0 }, { exitCode: 143 }, { exitCode: 143 }],
  });
});

test('a container that ignores SIGTERM is killed after its stopTimeout', async () => {
  simulated.scripts.app = { stopsAfterMs: 3_600_000 };
  simulated.register('app', [{ stopTimeout: 7 }]);
  const task = runTask('app');
  await simulated.time.advance(0);

  simulated.call('StopTask', { task });
  await simulated.time.advance(6999);
  const before = describe(task).lastStatus;
  await simulated.time.advance(1);

  expect(before).toBe('STOPPING');
  expect(describe(task).containers?.[0]?.exitCode).toBe(137);
});

test('the exit of an essential container stops the task', async () => {
  simulated.scripts.one = { exitAfterMs: 500, exitCode: 1 };
  simulated.register('app', [{ name: 'one', image: 'one' }, { name: 'two' }]);

  const task = runTask('app');
  await simulated.time.advance(500);

  expect(describe(task)).toMatchObject({
    lastStatus: 'STOPPED',
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
  });
  expect(running()).toEqual([]);
});

test('an image that cannot be pulled', async () => {
  simulated.scripts.app = { cannotPull: 'no such thing' };
  simulated.register('app');

  const task = runTask('app');
  await simulated.time.advance(0);

  expect(describe(task)).toMatchObject({
    lastStatus: 'STOPPED',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'CannotPullContainerError: no such thing',
    containers: [{ reason: 'CannotPullContainerError: no such thing' }],
  });
});

test('a task whose log group is missing does not start, and says what to do', async () => {
  simulated.register('app', [
    { logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': '/missing' } } },
  ]);

  const task = runTask('app');
  await simulated.time.advance(0);

  expect(simulated.events.map(({ detail }) => detail.lastStatus)).not.toContain('RUNNING');
  expect(describe(task).stoppedReason).toMatch(/\/missing.*does not exist.*Create the group first/);
});

test('every change is an event, in order, with times as text', async () => {
  simulated.register('app', [
    { healthCheck: { command: ['CMD', 'x'], interval: 5, startPeriod: 60 } },
  ]);
  simulated.scripts.app = { healthyAfterMs: 300 };

  const task = runTask('app');
  await simulated.time.advance(5000);
  simulated.call('StopTask', { task });
  await simulated.time.advance(5000);

  const seen = simulated.events.map(({ detail }) => `${detail.lastStatus} ${detail.healthStatus}`);
  expect([...new Set(seen)]).toEqual([
    'PROVISIONING UNKNOWN',
    'PENDING UNKNOWN',
    'RUNNING UNKNOWN',
    'RUNNING HEALTHY',
    'STOPPING HEALTHY',
    'DEPROVISIONING HEALTHY',
    'STOPPED HEALTHY',
  ]);
  expect(simulated.events.map(({ detail }) => detail.version)).toEqual(
    simulated.events.map((_, index) => index + 1),
  );
  expect(simulated.events.at(-1)).toMatchObject({
    version: '0',
    'detail-type': 'ECS Task State Change',
    source: 'aws.ecs',
    resources: [task],
    detail: { stoppedAt: '2026-01-01T00:00:05.000Z', taskArn: task },
  });
});

test('a task that is stopped while it starts never runs anything', async () => {
  simulated.register('app');
  simulated.faults.setStartDelay(1000);
  const task = runTask('app');
  await simulated.time.advance(500);

  simulated.call('StopTask', { task });
  await simulated.time.advance(0);

  expect(describe(task)).toMatchObject({ lastStatus: 'STOPPED', stopCode: 'UserInitiated' });
  expect(describe(task).startedAt).toBeUndefined();
  expect(simulated.runtime.openTasks).toEqual([]);
});

test('stopped tasks are shown for an hour', async () => {
  simulated.register('app');
  const task = runTask('app');
  await simulated.time.advance(0);
  simulated.call('StopTask', { task });
  await simulated.time.advance(3_599_000);
  const before = describe(task);

  await simulated.time.advance(2000);

  const after = simulated.call<{ failures: object[] }>('DescribeTasks', { tasks: [task] });
  expect(before.lastStatus).toBe('STOPPED');
  expect(after.failures).toEqual([{ arn: task, reason: 'MISSING' }]);
});
