import { afterEach, beforeEach, expect, test } from 'vitest';
import { SimulatedEcs } from '../../../test/support/ecs/simulated-ecs.ts';

let simulated: SimulatedEcs;

beforeEach(() => {
  simulated = new SimulatedEcs();
});

afterEach(() => simulated.close());

const WATCHED = {
  healthCheck: { command: ['CMD', 'x'], interval: 5, timeout: 5, retries: 2, startPeriod: 300 },
};

function messages(name: string): string[] {
  return simulated.service(name).events!.map(({ message }) => message!);
}

/** How often a task was started for a service, by its events. */
function starts(name: string): number {
  return messages(name).filter((message) => message.includes('has started')).length;
}

test('a service brings up as many tasks as are wanted, and says when it is steady', async () => {
  simulated.register('app', [WATCHED]);

  simulated.createService('web', 3, { tags: [{ key: 'k', value: 'v' }], propagateTags: 'SERVICE' });
  const atOnce = simulated.service('web');
  await simulated.time.advance(1000);

  expect(atOnce).toMatchObject({ status: 'ACTIVE', desiredCount: 3 });
  expect(simulated.service('web')).toMatchObject({ runningCount: 3, pendingCount: 0 });
  expect(simulated.tasks('web')).toHaveLength(3);
  expect(simulated.tasks('web')[0]).toMatchObject({
    group: 'service:web',
    startedBy: expect.stringMatching(/^ecs-svc\/\d{19}$/),
    healthStatus: 'HEALTHY',
  });
  expect(messages('web')[0]).toBe('(service web) has reached a steady state.');
});

test('a task that dies is replaced', async () => {
  simulated.register('app');
  simulated.createService('web', 2);
  await simulated.time.advance(1000);

  simulated.runtime.running[0]!.crash(1);
  await simulated.time.advance(1000);

  expect(simulated.tasks('web')).toHaveLength(2);
  expect(simulated.tasks('web', 'STOPPED')).toMatchObject([
    { stopCode: 'EssentialContainerExited', containers: [{ exitCode: 1 }] },
  ]);
});

test('tasks that keep dying are started ever more slowly', async () => {
  simulated.register('app');
  simulated.scripts.app = { exitAfterMs: 0, exitCode: 1 };
  // Never ready: it dies in the same moment as it starts.
  simulated.register('app', [{ ...WATCHED, image: 'dying' }]);
  simulated.scripts.dying = { healthyAfterMs: Number.POSITIVE_INFINITY, exitAfterMs: 10 };
  simulated.createService('web', 1);

  await simulated.time.advance(9000);
  const early = starts('web');
  await simulated.time.advance(51_000);
  const later = starts('web');

  // At 0, 0, 0.5, 1.5, 3.5, 7.5 s, and then after 8, 16, 32 s.
  expect(early).toBe(6);
  expect(later).toBe(8);
});

test('a task that became healthy makes the service quick again', async () => {
  simulated.register('app', [{ ...WATCHED, image: 'app' }]);
  simulated.scripts.app = { healthyAfterMs: Number.POSITIVE_INFINITY, exitAfterMs: 10 };
  simulated.createService('web', 1);
  await simulated.time.advance(30_000);

  simulated.scripts.app = {};
  await simulated.time.advance(60_000);
  simulated.runtime.running[0]!.crash(1);
  await simulated.time.advance(100);

  expect(simulated.tasks('web')).toMatchObject([{ healthStatus: 'HEALTHY' }]);
});

test('an unhealthy task is replaced, with its reason', async () => {
  simulated.register('app', [WATCHED]);
  simulated.scripts.app = { unhealthyAfterMs: 60_000 };
  simulated.createService('web', 1);

  await simulated.time.advance(75_000);

  expect(simulated.tasks('web', 'STOPPED')).toMatchObject([
    {
      stopCode: 'ServiceSchedulerInitiated',
      stoppedReason: 'Task failed container health checks',
      healthStatus: 'UNHEALTHY',
    },
  ]);
  expect(simulated.tasks('web')).toHaveLength(1);
});

test('within the grace period an unhealthy task is left alone', async () => {
  simulated.register('app', [{ healthCheck: { ...WATCHED.healthCheck, startPeriod: 0 } }]);
  simulated.scripts.app = { healthyAfterMs: Number.POSITIVE_INFINITY };
  simulated.createService('web', 1, { healthCheckGracePeriodSeconds: 100 });

  await simulated.time.advance(99_000);
  const within = simulated.tasks('web', 'STOPPED').length;
  await simulated.time.advance(1000);

  expect(within).toBe(0);
  expect(simulated.tasks('web', 'STOPPED')).toHaveLength(1);
});

test('scaling in stops tasks for that reason', async () => {
  simulated.register('app');
  simulated.createService('web', 3);
  await simulated.time.advance(1000);

  simulated.call('UpdateService', { service: 'web', desiredCount: 1 });
  await simulated.time.advance(1000);

  expect(simulated.tasks('web')).toHaveLength(1);
  expect(simulated.tasks('web', 'STOPPED')[0]).toMatchObject({
    stopCode: 'ServiceSchedulerInitiated',
    stoppedReason: expect.stringMatching(/^Scaling activity initiated by \(deployment ecs-svc\//),
  });
});

test('a rolling update never has fewer ready tasks than wanted', async () => {
  simulated.register('app', [WATCHED]);
  simulated.createService('web', 2);
  await simulated.time.advance(1000);
  simulated.register('app', [{ ...WATCHED, image: 'slow' }]);
  simulated.scripts.slow = { healthyAfterMs: 10_000 };

  simulated.call('UpdateService', { service: 'web', taskDefinition: 'app' });
  const ready: number[] = [];
  for (let second = 0; second < 60; second += 1) {
    await simulated.time.advance(1000);
    ready.push(simulated.tasks('web').filter((task) => task.healthStatus === 'HEALTHY').length);
  }

  const arns = simulated.tasks('web').map((task) => task.taskDefinitionArn!);
  expect(Math.min(...ready)).toBe(2);
  expect(arns.map((arn) => arn.slice(arn.lastIndexOf('/')))).toEqual(['/app:2', '/app:2']);
  expect(simulated.service('web').deployments).toHaveLength(1);
});

test('without room a service says so, once, and goes on when there is room', async () => {
  simulated.register('app');
  simulated.faults.setCapacity(1);
  simulated.createService('web', 2);
  await simulated.time.advance(1000);
  const without = simulated.tasks('web').length;
  const told = messages('web').filter((message) => message.includes('unable to place a task'));
  const events = simulated.events.filter((one) => one['detail-type'] === 'ECS Service Action');

  simulated.faults.setCapacity(2);
  await simulated.time.advance(1000);

  expect(without).toBe(1);
  expect(told).toHaveLength(1);
  expect(events).toMatchObject([{ detail: { eventName: 'SERVICE_TASK_PLACEMENT_FAILURE' } }]);
  expect(simulated.tasks('web')).toHaveLength(2);
});

test('with a capacity provider tasks wait in PROVISIONING for room', async () => {
  simulated.register('app');
  simulated.faults.setCapacity(0);
  simulated.createService('web', 1, { capacityProviderStrategy: [{ capacityProvider: 'c5' }] });
  await simulated.time.advance(1000);
  const waiting = simulated.tasks('web');

  simulated.faults.setCapacity(1);
  await simulated.time.advance(1000);

  expect(waiting).toMatchObject([{ lastStatus: 'PROVISIONING', capacityProviderName: 'c5' }]);
  expect(simulated.service('web')).toMatchObject({ runningCount: 1, pendingCount: 0 });
});

test('on a full machine a dead task is replaced, and another service gets room that is left', async () => {
  simulated.register('app');
  simulated.faults.setCapacity(1);
  simulated.createService('web', 1);
  await simulated.time.advance(1000);
  simulated.createService('other', 1);
  await simulated.time.advance(1000);

  simulated.runtime.running[0]!.crash(1);
  await simulated.time.advance(1000);
  const replaced = simulated.tasks().length;
  simulated.call('DeleteService', { service: 'web', force: true });
  await simulated.time.advance(1000);
  simulated.call('DeleteService', { service: 'other', force: true });
  await simulated.time.advance(1000);

  expect(replaced).toBe(1);
  expect(simulated.tasks()).toEqual([]);
  expect(starts('web') + starts('other')).toBe(3);
});

test('a task that waits for room gets the one that another leaves', async () => {
  simulated.register('app');
  simulated.faults.setCapacity(1);
  simulated.createService('web', 2, { capacityProviderStrategy: [{ capacityProvider: 'c5' }] });
  await simulated.time.advance(1000);

  simulated.call('UpdateService', { service: 'web', desiredCount: 1 });
  const kept = simulated.tasks('web');
  simulated.runtime.running[0]!.crash(1);
  await simulated.time.advance(1000);

  expect(kept).toHaveLength(2);
  expect(simulated.service('web')).toMatchObject({ runningCount: 1, pendingCount: 0 });
});

test('a deleted service drains, is INACTIVE when its tasks are gone, and forgotten after an hour', async () => {
  simulated.register('app');
  simulated.scripts.app = { stopsAfterMs: 5000 };
  simulated.createService('web', 2);
  await simulated.time.advance(1000);

  const refused = () => simulated.call('DeleteService', { service: 'web' });
  expect(refused).toThrow('The service cannot be stopped while it is scaled above 0.');
  simulated.call('DeleteService', { service: 'web', force: true });
  await simulated.time.advance(4999);
  const draining = simulated.service('web');
  const again = () => simulated.createService('web', 1);
  expect(again).toThrow('Unable to Start a service that is still Draining.');
  await simulated.time.advance(1);
  const inactive = simulated.service('web');
  await simulated.time.advance(3_601_000);

  expect(draining.status).toBe('DRAINING');
  expect(inactive).toMatchObject({ status: 'INACTIVE', runningCount: 0 });
  expect(simulated.runtime.running).toEqual([]);
  expect(simulated.call('DescribeServices', { services: ['web'] })).toMatchObject({
    failures: [{ reason: 'MISSING' }],
  });
});

test('a failing emit does not disturb anything', async () => {
  simulated.register('app');
  simulated.events.push = () => {
    throw new Error('queue is down');
  };

  simulated.createService('web', 1);
  await simulated.time.advance(1000);

  expect(simulated.tasks('web')).toHaveLength(1);
  expect(simulated.problems[0]).toContain('queue is down');
});
