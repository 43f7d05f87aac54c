import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SimulatedEcs } from '../../../test/support/ecs/simulated-ecs.ts';

/** Whatever happens to services and their tasks: at rest every service has exactly what it wants. */

const NAMES = ['a', 'b'] as const;
const name = fc.constantFrom(...NAMES);
const count = fc.integer({ min: 0, max: 3 });

const step = fc.oneof(
  fc.record({ kind: fc.constant('create' as const), name, count }),
  fc.record({ kind: fc.constant('scale' as const), name, count }),
  fc.record({ kind: fc.constant('roll' as const), name }),
  fc.record({ kind: fc.constant('delete' as const), name }),
  fc.record({ kind: fc.constant('stop' as const), index: fc.nat(5) }),
  fc.record({ kind: fc.constant('crash' as const), index: fc.nat(5) }),
  fc.record({ kind: fc.constant('capacity' as const), count }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 9000 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

/** The wanted count of each service that is there, as the calls that succeeded left it. */
type Wanted = Map<string, number>;

function apply(simulated: SimulatedEcs, wanted: Wanted, one: Step): Promise<void> | undefined {
  const has = 'name' in one && wanted.has(one.name);
  if (one.kind === 'create') {
    // A service of that name may be there or still draining: then the call is refused.
    const refused = has || isDraining(simulated, one.name);
    const create = () => simulated.createService(one.name, one.count);
    if (refused) expect(create).toThrow();
    else create();
    if (!refused) wanted.set(one.name, one.count);
  } else if (one.kind === 'scale' && has) {
    simulated.call('UpdateService', { service: one.name, desiredCount: one.count });
    wanted.set(one.name, one.count);
  } else if (one.kind === 'roll' && has) {
    simulated.call('UpdateService', { service: one.name, forceNewDeployment: true });
  } else if (one.kind === 'delete' && has) {
    simulated.call('DeleteService', { service: one.name, force: true });
    wanted.delete(one.name);
  } else if (one.kind === 'stop') {
    const task = simulated.tasks()[one.index]?.taskArn;
    if (task !== undefined) simulated.call('StopTask', { task });
  } else if (one.kind === 'crash') {
    simulated.runtime.running[one.index]?.crash(1);
  } else if (one.kind === 'capacity') {
    simulated.faults.setCapacity(one.count);
  } else if (one.kind === 'wait') {
    return simulated.time.advance(one.ms);
  }
  return undefined;
}

function isDraining(simulated: SimulatedEcs, service: string): boolean {
  const answer = simulated.call<{ services: { status: string }[] }>('DescribeServices', {
    services: [service],
  });
  return answer.services[0]?.status === 'DRAINING';
}

test('at rest running is what is wanted, and deleted services leave no task', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const simulated = new SimulatedEcs();
      const wanted: Wanted = new Map();
      simulated.scripts.app = { healthyAfterMs: 700, stopsAfterMs: 1500 };
      const healthCheck = { command: ['CMD', 'x'], interval: 5, retries: 2, startPeriod: 60 };
      simulated.register('app', [{ healthCheck }]);

      for (const one of steps) await apply(simulated, wanted, one);
      simulated.faults.setCapacity(100);
      await simulated.time.advance(300_000);

      for (const service of NAMES) {
        const expected = wanted.get(service);
        if (expected === undefined) continue;
        expect(simulated.service(service)).toMatchObject({
          desiredCount: expected,
          runningCount: expected,
          pendingCount: 0,
        });
      }
      const total = [...wanted.values()].reduce((sum, one) => sum + one, 0);
      expect(simulated.runtime.running).toHaveLength(total);
      expect(simulated.runtime.openTasks).toHaveLength(total);
      expect(simulated.problems).toEqual([]);
      await simulated.close();
    }),
    { numRuns: 100 },
  );
});
