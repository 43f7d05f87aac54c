import { describe, expect, it } from 'vitest';
import type { DeploymentConfig } from '../src/endpoints/deployment-config.ts';
import { Death, type Fault, faultAt, IS_LONG, SAMPLED_FAULTS } from './support/faults.ts';
import { SimulatedPlane, type SimulatedProcess } from './support/simulated-plane.ts';

/** Far more than any change takes; the test says so when it is not. */
const MOST_CALLS = 600;

const canary = (Type: 'INSTANCE_COUNT' | 'CAPACITY_PERCENT', Value: number): DeploymentConfig => ({
  BlueGreenUpdatePolicy: {
    TrafficRoutingConfiguration: {
      Type: 'CANARY',
      WaitIntervalInSeconds: 30,
      CanarySize: { Type, Value },
    },
    TerminationWaitInSeconds: 60,
  },
});

const ALL_POLICIES: Record<string, DeploymentConfig | undefined> = {
  'all at once': undefined,
  canary: canary('INSTANCE_COUNT', 1),
  linear: {
    BlueGreenUpdatePolicy: {
      TrafficRoutingConfiguration: {
        Type: 'LINEAR',
        WaitIntervalInSeconds: 30,
        LinearStepSize: { Type: 'CAPACITY_PERCENT', Value: 50 },
      },
    },
  },
  rolling: {
    RollingUpdatePolicy: {
      MaximumBatchSize: { Type: 'INSTANCE_COUNT', Value: 1 },
      WaitIntervalInSeconds: 30,
    },
  },
};

/** In the suite the simplest. */
const POLICIES = Object.entries(ALL_POLICIES).filter(([name]) => IS_LONG || name === 'all at once');

const INSTANCES = 2;
/** Of virtual time. */
const LIMIT_MS = 30 * 60_000;

let plane: SimulatedPlane;
let healthy: SimulatedProcess;

/** A world of its own for every call that goes wrong. */
async function openPlane(): Promise<void> {
  plane = new SimulatedPlane();
  await plane.open();
  healthy = plane.start();
  plane.alarms.errors = 'OK';
  plane.ecs.scripts.missing = { cannotPull: 'no such image' };
  plane.ecs.scripts.flapping = { exitAfterMs: 10_000, exitCode: 3 };
  for (const model of ['blue', 'green', 'missing', 'flapping']) {
    await plane.define(healthy, model, { InitialInstanceCount: INSTANCES });
  }
}

interface Change {
  /** Asks for it, unless an earlier try got through. */
  ask(process: SimulatedProcess, name: string): Promise<unknown>;
  isOver(name: string): boolean;
}

function isInService(name: string, config: string): boolean {
  const record = plane.record(name);
  return record?.status === 'InService' && record.endpointConfigName === config;
}

const CREATE: Change = {
  ask: async (process, name) => {
    if (plane.record(name) !== undefined) return;
    const members = { EndpointName: name, EndpointConfigName: 'blue' };
    await plane.call(process, 'CreateEndpoint', members);
  },
  isOver: (name) => isInService(name, 'blue'),
};

const DELETE: Change = {
  ask: async (process, name) => {
    if (plane.record(name)?.status !== 'InService') return;
    await plane.call(process, 'DeleteEndpoint', { EndpointName: name });
  },
  isOver: (name) => plane.record(name) === undefined && plane.leftovers(name).length === 0,
};

function updateTo(
  config: string,
  policy: DeploymentConfig | undefined,
  isBad = config !== 'green',
): Change {
  return {
    ask: async (process, name) => {
      const record = plane.record(name);
      if (record?.update !== undefined || record?.failureReason !== undefined) return;
      if (record?.endpointConfigName === config) return;
      const members = { EndpointName: name, EndpointConfigName: config, DeploymentConfig: policy };
      await plane.call(process, 'UpdateEndpoint', members);
    },
    isOver: (name) => {
      const wasTried = !isBad || plane.record(name)?.failureReason !== undefined;
      // The other fleet is gone as well.
      return wasTried && isInService(name, isBad ? 'blue' : config) && familiesOf(name) === 1;
    },
  };
}

function familiesOf(name: string): number {
  return plane.leftovers(name).filter((item) => item.includes(':service/')).length;
}

/** Follows a change through, as clients and messages do that come again when nobody answers. */
async function follow(change: Change, process: SimulatedProcess, name: string): Promise<void> {
  // Nobody kills tasks here: what serves must be whole from the first InService to the deletion.
  const check = () => {
    const { status, update } = plane.record(name) ?? {};
    // An alarm that goes off late, if the update names it: blue has shrunk by then.
    if (update?.shifted === INSTANCES) plane.alarms.errors = 'ALARM';
    if (status !== 'InService' && status !== 'Updating') return;
    expect(plane.serving(name).AllTraffic).toBeGreaterThanOrEqual(INSTANCES);
  };
  await change.ask(process, name);
  await plane.run(process, () => change.isOver(name), {
    limitMs: LIMIT_MS,
    stepMs: 5_000,
    after: check,
  });
}

async function tryEveryCall(before: Change[], change: Change, fault: Fault): Promise<number> {
  for (let at = 1; at <= MOST_CALLS; at++) {
    const name = 'abalone';
    await openPlane();
    for (const earlier of before) await follow(earlier, healthy, name);

    const { around, calls } = faultAt(at, fault);
    try {
      await follow(change, plane.start(around), name);
    } catch (error) {
      if (!(error instanceof Death)) throw error;
      await follow(change, healthy, name);
    }

    for (const group of plane.ecs.logs.groups()) expect(group.retentionInDays).toBe(30);
    if (plane.record(name) !== undefined) await follow(DELETE, healthy, name);
    expect(plane.leftovers(name)).toEqual([]);
    await plane.close();
    if (calls() < at) return at - 1;
  }
  throw new Error(`more than ${MOST_CALLS} calls`);
}

describe.each(SAMPLED_FAULTS)('at every outside call, %s', { timeout: 120_000 }, (fault) => {
  it('CreateEndpoint still ends InService, and whole', async () => {
    expect(await tryEveryCall([], CREATE, fault)).toBeGreaterThan(20);
  });

  it('DeleteEndpoint still ends with nothing left', async () => {
    expect(await tryEveryCall([CREATE], DELETE, fault)).toBeGreaterThan(15);
  });

  it.each(POLICIES)(
    'UpdateEndpoint, %s, still ends on green, and never with less than it had',
    async (_, policy) => {
      const calls = await tryEveryCall([CREATE], updateTo('green', policy), fault);

      expect(calls).toBeGreaterThan(30);
    },
  );

  it.each(POLICIES)(
    'an UpdateEndpoint, %s, to an image that is missing ends back on blue, which is untouched',
    async (_, policy) => {
      const calls = await tryEveryCall([CREATE], updateTo('missing', policy), fault);

      expect(calls).toBeGreaterThan(20);
    },
  );

  if (IS_LONG) {
    it('an UpdateEndpoint, rolling, that is rolled back when blue has shrunk, ends on blue', async () => {
      const policy = {
        ...ALL_POLICIES.rolling,
        AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'errors' }] },
      };

      const calls = await tryEveryCall([CREATE], updateTo('green', policy, true), fault);

      expect(calls).toBeGreaterThan(60);
    });
  }

  it('an UpdateEndpoint, canary, to a stage that dies while it bakes ends back on blue', async () => {
    const calls = await tryEveryCall([CREATE], updateTo('flapping', ALL_POLICIES.canary), fault);

    expect(calls).toBeGreaterThan(30);
  });
});
