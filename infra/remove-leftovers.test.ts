import { afterEach, beforeEach, expect, test } from 'vitest';
import { SimulatedPlane, type SimulatedProcess } from '../test/support/simulated-plane.ts';
import { removeServices } from './remove-leftovers.ts';

let plane: SimulatedPlane;
let process: SimulatedProcess;

beforeEach(async () => {
  plane = new SimulatedPlane({ stack: 'race' });
  await plane.open();
  process = plane.start();
  plane.ecs.scripts.first = { stopsAfterMs: 20_000 };
  await plane.define(process, 'abalone', { InitialInstanceCount: 2 });
  await plane.call(process, 'CreateEndpoint', {
    EndpointName: 'abalone',
    EndpointConfigName: 'abalone',
  });
  await plane.run(process, () => plane.record('abalone')?.status === 'InService');
  // One that no service keeps, as a transform job has them.
  plane.ecs.register('race__transform_job_g1');
  plane.ecs.call('RunTask', { cluster: 'race', taskDefinition: 'race__transform_job_g1' });
});

afterEach(() => plane.close());

/** As ECS tells it: what a cluster cannot be deleted with. */
function counts() {
  const { clusters } = plane.ecs.call<{ clusters: Record<string, number>[] }>('DescribeClusters', {
    clusters: ['race'],
  });
  const { activeServicesCount, pendingTasksCount, runningTasksCount } = clusters[0] ?? {};
  return { activeServicesCount, tasks: (pendingTasksCount ?? 0) + (runningTasksCount ?? 0) };
}

test('services and tasks of a cluster are taken away, and waited for', async () => {
  const before = counts();
  const said: string[] = [];
  const pause = () => plane.ecs.time.advance(5_000);

  await removeServices(process.clients.ecs, 'race', (line) => said.push(line), pause);
  const looksAgain = removeServices(process.clients.ecs, 'race', () => undefined, pause);

  expect(before).toEqual({ activeServicesCount: 1, tasks: 3 });
  expect(counts()).toEqual({ activeServicesCount: 0, tasks: 0 });
  expect(said[0]).toMatch(/^Deleting service race_abalone_AllTraffic_/);
  // Who asked only for tasks that are to run would not wait at all.
  expect(said.filter((line) => line.startsWith('Waiting for')).length).toBeGreaterThanOrEqual(4);
  await expect(looksAgain).resolves.toBeUndefined();
});

test('tasks that do not stop are named, and the removal ends there', async () => {
  const removing = removeServices(
    process.clients.ecs,
    'race',
    () => undefined,
    // Nothing ever happens.
    async () => undefined,
  );

  await expect(removing).rejects.toThrow(/^3 tasks of cluster race do not stop: arn:[^\n]*\.$/);
});

test('a stack without a cluster has nothing to take away', async () => {
  const removing = removeServices(
    process.clients.ecs,
    'elsewhere',
    () => undefined,
    async () => undefined,
  );

  await expect(removing).resolves.toBeUndefined();
});
