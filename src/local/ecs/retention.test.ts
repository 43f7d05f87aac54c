import { afterEach, beforeEach, expect, test } from 'vitest';
import { SimulatedEcs } from '../../../test/support/ecs/simulated-ecs.ts';

let simulated: SimulatedEcs;

beforeEach(() => {
  simulated = new SimulatedEcs();
});

afterEach(() => simulated.close());

test('of the stopped tasks the latest 1000 are kept', async () => {
  simulated.register('app');
  simulated.call('RunTask', { taskDefinition: 'app' });
  await simulated.time.advance(0);
  const [running] = simulated.ecs.state.tasks.all();
  const { tasks } = simulated.ecs.state;
  for (let index = 0; index < 1005; index += 1) {
    const stoppedAt = simulated.time.now() + index;
    tasks.put(`t${index}`, { ...running!, id: `t${index}`, lastStatus: 'STOPPED', stoppedAt });
  }

  simulated.ecs.forgetOld();

  expect(tasks.all()).toHaveLength(1001);
  expect(tasks.get('t4')).toBeUndefined();
  expect(tasks.get('t5')).toBeDefined();
});

test('a deleted task definition stays for as long as a service uses it', async () => {
  simulated.register('app');
  simulated.createService('web', 1);
  simulated.call('DeregisterTaskDefinition', { taskDefinition: 'app:1' });
  simulated.call('DeleteTaskDefinitions', { taskDefinitions: ['app:1'] });
  await simulated.time.advance(1000);
  const inUse = simulated.call('DescribeTaskDefinition', { taskDefinition: 'app:1' });

  simulated.call('DeleteService', { service: 'web', force: true });
  await simulated.time.advance(1000);

  expect(inUse).toMatchObject({ taskDefinition: { status: 'DELETE_IN_PROGRESS' } });
  expect(() => simulated.call('DescribeTaskDefinition', { taskDefinition: 'app:1' })).toThrow(
    'Unable to describe task definition.',
  );
});
