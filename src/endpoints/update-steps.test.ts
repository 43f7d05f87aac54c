import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CapacitySize, DeploymentConfig } from './deployment-config.ts';
import { updateSteps } from './update-steps.ts';

const counts = fc.integer({ min: 1, max: 40 });
const percent = fc.integer({ min: 5, max: 50 });

function blueGreen(
  routing: Partial<
    NonNullable<DeploymentConfig['BlueGreenUpdatePolicy']>['TrafficRoutingConfiguration']
  > &
    Pick<
      NonNullable<DeploymentConfig['BlueGreenUpdatePolicy']>['TrafficRoutingConfiguration'],
      'Type'
    >,
): DeploymentConfig {
  return {
    BlueGreenUpdatePolicy: {
      TrafficRoutingConfiguration: { WaitIntervalInSeconds: 30, ...routing },
      TerminationWaitInSeconds: 60,
    },
  };
}

function rolling(MaximumBatchSize: CapacitySize): DeploymentConfig {
  return { RollingUpdatePolicy: { MaximumBatchSize, WaitIntervalInSeconds: 10 } };
}

describe('the steps of', () => {
  it('all at once: one, and none without a policy waits', () => {
    const steps = updateSteps(undefined, { v: 3 }, { v: 3 });

    expect(steps).toEqual([
      {
        greenUp: { v: 3 },
        greenActive: { v: 3 },
        share: { v: 1 },
        blueStays: { v: 3 },
        bakeSeconds: 0,
        bakeName: 'TerminationWaitInSeconds',
      },
    ]);
  });

  it('a canary: its size, then all', () => {
    const CanarySize = { Type: 'CAPACITY_PERCENT', Value: 10 } as const;
    const steps = updateSteps(blueGreen({ Type: 'CANARY', CanarySize }), { v: 4 }, { v: 4 });

    expect(steps.map(({ share, greenActive }) => [share.v, greenActive.v])).toEqual([
      [0.1, 1],
      [1, 4],
    ]);
    expect(steps.map(({ bakeSeconds }) => bakeSeconds)).toEqual([30, 60]);
  });

  it('linear: as many as it takes, the last one whole', () => {
    const LinearStepSize = { Type: 'CAPACITY_PERCENT', Value: 30 } as const;
    const steps = updateSteps(blueGreen({ Type: 'LINEAR', LinearStepSize }), { v: 10 }, { v: 10 });

    expect(steps.map(({ share }) => share.v)).toEqual([0.3, 0.6, 0.9, 1]);
  });

  it('rolling: never more than a batch at a time, and never less capacity than before', () => {
    fc.assert(
      fc.property(counts, percent, (count, Value) => {
        const size = { Type: 'CAPACITY_PERCENT', Value } as const;
        const steps = updateSteps(rolling(size), { v: count }, { v: count });

        const most = Math.max(1, Math.floor((count * Value) / 100));
        let up = 0;
        let blue = count;
        for (const { greenUp, blueStays, share } of steps) {
          expect((greenUp.v ?? 0) - up).toBeLessThanOrEqual(most);
          expect((greenUp.v ?? 0) + (blueStays.v ?? 0)).toBe(count);
          expect(share.v).toBeCloseTo((greenUp.v ?? 0) / count);
          expect(blueStays.v).toBeLessThan(blue);
          up = greenUp.v ?? 0;
          blue = blueStays.v ?? 0;
        }
        expect([up, blue]).toEqual([count, 0]);
      }),
    );
  });

  it('rolling to another number of instances ends with all of green and nothing of blue', () => {
    fc.assert(
      fc.property(counts, counts, percent, (blue, green, Value) => {
        const size = { Type: 'CAPACITY_PERCENT', Value } as const;
        const steps = updateSteps(rolling(size), { v: blue }, { v: green });

        expect(steps.at(-1)).toMatchObject({ greenUp: { v: green }, blueStays: { v: 0 } });
        for (const { share, blueStays } of steps) {
          // What blue still answers for, it has the instances for.
          expect(blueStays.v).toBeGreaterThanOrEqual(blue * (1 - (share.v ?? 0)) - 1e-6);
        }
      }),
    );
  });
});
