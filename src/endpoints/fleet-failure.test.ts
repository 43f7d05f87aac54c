import { describe, expect, it } from 'vitest';
import { taskOf, variantOf } from '../../test/support/endpoints.ts';
import type { ObservedTask } from '../fleet/observed-fleet.ts';
import { fleetFailure } from './fleet-failure.ts';

const NOON = 1_795_348_800_000;
const FLEET = { endpoint: 'abalone', variant: 'AllTraffic', generation: 'g1' };

/** What is seen `seconds` after noon of a fleet of `count` that is launched since noon. */
function look(seconds: number, tasks: ObservedTask[], { count = 1, isLaunching = true } = {}) {
  const wanted = { fleet: FLEET, variant: variantOf(), count };
  const fleet = {
    name: FLEET,
    activeDefinitions: ['d'],
    inactiveDefinitions: [],
    service: { status: 'ACTIVE' as const, desiredCount: count },
    tasks,
  };
  return fleetFailure(wanted, fleet, { since: NOON, isLaunching }, NOON + seconds * 1000);
}

const at = (seconds: number, more: Partial<ObservedTask> = {}) =>
  taskOf(NOON + seconds * 1000, more);

const died = (seconds: number, more: Partial<ObservedTask> = {}) =>
  at(seconds, { phase: 'stopped', stopCode: 'EssentialContainerExited', ...more });

describe('a task that stops', () => {
  it('is forgiven once', () => {
    expect(look(60, [died(0), at(30)])).toBeUndefined();
  });

  it('is the failure the second time, and the newer one is told', () => {
    const failure = look(60, [died(0), died(30), at(40)]);

    expect(failure).toMatchObject({ cause: 'stopped', task: { id: `task-${NOON + 30_000}` } });
    expect(failure?.variant.name).toBe('AllTraffic');
  });

  it('is the failure at once when its image is missing, or its model data', () => {
    const stopCode = 'TaskFailedToStart';
    const reason = 'CannotPullContainerError: no such image';
    const noImage = { name: 'container-1', exitCode: undefined, reason };
    const noData = { name: 'headrace_loader', exitCode: 1, reason: undefined };
    for (const container of [noImage, noData]) {
      const task = died(0, { stopCode, containers: [container] });
      expect(look(5, [task])).toMatchObject({ cause: 'stopped' });
    }
  });

  it('is not, when it could not start once for a reason that may pass', () => {
    expect(look(5, [died(0, { stopCode: 'TaskFailedToStart' })])).toBeUndefined();
  });

  it.each<[string, Partial<ObservedTask>]>([
    [
      'by the scheduler, to scale in',
      { stopCode: 'ServiceSchedulerInitiated', stoppedReason: 'Scaling activity initiated' },
    ],
    ['by a person', { stopCode: 'UserInitiated' }],
    ['by its instance', { stopCode: 'TerminationNotice' }],
  ])('%s is not a failure, however often', (_, stop) => {
    expect(look(60, [died(0, stop), died(10, stop), died(20, stop)])).toBeUndefined();
  });

  it('by the scheduler for its health check is one', () => {
    const stop = {
      stopCode: 'ServiceSchedulerInitiated',
      stoppedReason: 'Task failed container health checks',
    };

    expect(look(60, [died(0, stop), died(10, stop)])).toMatchObject({ cause: 'stopped' });
  });

  it('of an earlier time does not count', () => {
    expect(look(60, [died(-20), died(-10), at(30)])).toBeUndefined();
  });
});

describe('a task that runs and is not healthy', () => {
  it('has as long as the start-up may take', () => {
    expect(look(480, [at(0)])).toBeUndefined();
    expect(look(481, [at(0)])).toMatchObject({ cause: 'not-healthy' });
  });

  it('has it from when it started, not from when it was made', () => {
    const slowly = at(0, { startedAt: NOON + 600_000 });

    expect(look(900, [slowly])).toBeUndefined();
    expect(look(1081, [slowly])).toMatchObject({ cause: 'not-healthy' });
  });

  it('is one as well when nothing tells where it can be reached', () => {
    const nowhere = at(0, { health: 'HEALTHY', address: undefined });

    expect(look(480, [nowhere])).toBeUndefined();
    expect(look(481, [nowhere])).toMatchObject({ cause: 'not-healthy' });
  });

  it('is left to ECS to replace, once its fleet was whole', () => {
    const sick = at(0, { health: 'UNHEALTHY' });

    expect(look(5_000, [sick], { isLaunching: false })).toBeUndefined();
    expect(look(5_000, [sick])).toMatchObject({ cause: 'not-healthy' });
  });

  it('is no failure once it is healthy', () => {
    expect(look(5_000, [at(0, { health: 'HEALTHY' })])).toBeUndefined();
  });
});

describe('a task that is starting', () => {
  const starting = at(0, { phase: 'starting', startedAt: undefined });

  it('has the time of its model data, and ten minutes for its images', () => {
    expect(look(1500, [starting])).toBeUndefined();
    expect(look(1501, [starting])).toMatchObject({ cause: 'not-started' });
  });
});

describe('a task that finds no place', () => {
  const placing = at(0, { phase: 'placing', startedAt: undefined });

  it('has as long as the provisioning may take', () => {
    expect(look(900, [placing])).toBeUndefined();
    expect(look(901, [placing])).toMatchObject({ cause: 'no-capacity' });
  });

  it('is a failure though others have theirs', () => {
    const healthy = at(0, { health: 'HEALTHY' });

    expect(look(901, [healthy, placing], { count: 2 })).toMatchObject({ cause: 'no-capacity' });
  });

  it('is a failure though ECS does not even show it', () => {
    expect(look(901, [])).toMatchObject({ cause: 'no-capacity', task: undefined });
  });

  it('is none where a fleet that was whole only misses one', () => {
    expect(look(901, [], { isLaunching: false })).toBeUndefined();
  });
});

it('is no failure to have nothing at the beginning', () => {
  const wanted = { fleet: FLEET, variant: variantOf(), count: 1 };

  expect(fleetFailure(wanted, undefined, { since: NOON, isLaunching: true }, NOON)).toBeUndefined();
});
