import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeploymentConfig } from '../src/endpoints/deployment-config.ts';
import { testConfig } from './support/config.ts';
import { SimulatedPlane, type SimulatedProcess } from './support/simulated-plane.ts';

const NAME = 'abalone';
const INSTANCES = 2;
const MINUTE = 60_000;

let plane: SimulatedPlane;
let process: SimulatedProcess;

beforeEach(async () => {
  plane = new SimulatedPlane();
  await plane.open();
  process = plane.start();
  for (const model of ['blue', 'green']) {
    await plane.define(process, model, {
      InitialInstanceCount: INSTANCES,
      ContainerStartupHealthCheckTimeoutInSeconds: 600,
    });
  }
  await plane.serve(process, NAME, 'blue');
});

afterEach(() => plane.close());

const BAKING: DeploymentConfig = {
  BlueGreenUpdatePolicy: {
    TrafficRoutingConfiguration: { Type: 'ALL_AT_ONCE', WaitIntervalInSeconds: 0 },
    TerminationWaitInSeconds: 3600,
  },
  AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'errors' }] },
};

/** Updates to green; while it runs, what serves is whole. Returns the virtual minutes it took. */
async function update(policy?: DeploymentConfig, while_ = () => {}): Promise<number> {
  const started = plane.now;
  const members = { EndpointName: NAME, EndpointConfigName: 'green', DeploymentConfig: policy };
  await plane.call(process, 'UpdateEndpoint', members);
  await plane.run(process, () => plane.record(NAME)?.status === 'InService', {
    after: () => {
      expect(plane.serving(NAME).AllTraffic).toBeGreaterThanOrEqual(INSTANCES);
      while_();
    },
  });
  return (plane.now - started) / MINUTE;
}

function expectBlue(reason: RegExp): void {
  expect(plane.record(NAME)?.endpointConfigName).toBe('blue');
  expect(plane.record(NAME)?.failureReason).toMatch(reason);
}

describe('a green fleet that', () => {
  it('is never healthy goes when its time is up', async () => {
    plane.ecs.scripts[testConfig.routerImage] = { healthyAfterMs: Number.POSITIVE_INFINITY };

    const minutes = await update();

    expectBlue(/A task of production variant AllTraffic/);
    expect(minutes).toBeGreaterThanOrEqual(10);
    expect(minutes).toBeLessThan(12);
  });

  it('is late, but in time, takes over', async () => {
    plane.ecs.scripts[testConfig.routerImage] = { healthyAfterMs: 9 * MINUTE };

    const minutes = await update();

    expect(plane.record(NAME)?.endpointConfigName).toBe('green');
    expect(minutes).toBeGreaterThanOrEqual(9);
  });

  it('has an image that is missing goes at once', async () => {
    plane.ecs.scripts.green = { cannotPull: 'no such image' };

    const minutes = await update();

    expectBlue(/container-2 for production variant AllTraffic could not be started.*no such image/);
    expect(minutes).toBeLessThan(1);
  });

  it('finds no room goes when its time is up', async () => {
    plane.ecs.faults.setCapacity(INSTANCES);

    const minutes = await update();

    expectBlue(/Unable to provision requested ML compute capacity/);
    expect(minutes).toBeGreaterThanOrEqual(15);
  });

  it('is healthy, then dies while it bakes, goes, and blue answers meanwhile', async () => {
    plane.alarms.errors = 'OK';
    plane.ecs.scripts.green = { exitAfterMs: 2 * MINUTE, exitCode: 3 };

    await update(BAKING);

    expectBlue(/container-2.*exited with code 3/);
  });

  it('errs goes when the alarm says so', async () => {
    plane.alarms.errors = 'OK';

    const minutes = await update(BAKING, () => {
      if (plane.record(NAME)?.update?.phase === 'baking') plane.alarms.errors = 'ALARM';
    });

    expectBlue(/alarm errors went into ALARM/);
    expect(minutes).toBeLessThan(2);
  });

  it('names an alarm that is not there goes before it gets any traffic', async () => {
    await update(BAKING, () => expect(plane.record(NAME)?.update?.shifted ?? 0).toBe(0));

    expectBlue(/there is no alarm errors/);
  });

  it('takes longer than the whole update may goes', async () => {
    plane.alarms.errors = 'OK';
    const { BlueGreenUpdatePolicy, ...rest } = BAKING;
    const limited = { ...BlueGreenUpdatePolicy!, MaximumExecutionTimeoutInSeconds: 600 };

    const minutes = await update({ ...rest, BlueGreenUpdatePolicy: limited });

    expectBlue(/longer than MaximumExecutionTimeoutInSeconds \(600 s\)/);
    expect(minutes).toBeGreaterThanOrEqual(10);
  });
});

function crashOne(side: 'blue' | 'green'): void {
  const { generation, update } = plane.record(NAME) ?? {};
  const [victim] = plane.healthyTasks(side === 'blue' ? generation : update?.generation);
  plane.ecs.runtime.running.find(({ taskId }) => taskId === victim)?.crash(1);
}

describe('a task that dies once', () => {
  it('in green, as the baking ends, keeps blue until green is whole again', async () => {
    plane.alarms.errors = 'OK';
    plane.ecs.scripts[testConfig.routerImage] = { healthyAfterMs: 30_000 };
    const members = { EndpointName: NAME, EndpointConfigName: 'green', DeploymentConfig: BAKING };
    await plane.call(process, 'UpdateEndpoint', members);
    const isLate = () => {
      const { phase, since = 0 } = plane.record(NAME)?.update ?? {};
      return phase === 'baking' && plane.now - since > 59.8 * MINUTE;
    };
    await plane.run(process, isLate);
    crashOne('green');

    await plane.run(process, () => plane.record(NAME)?.status === 'InService');

    expect(plane.record(NAME)?.endpointConfigName).toBe('green');
    expect(plane.serving(NAME).AllTraffic).toBe(INSTANCES);
  });

  it('in blue, does not keep a rollback from taking the traffic off green', async () => {
    plane.alarms.errors = 'OK';
    const members = { EndpointName: NAME, EndpointConfigName: 'green', DeploymentConfig: BAKING };
    await plane.call(process, 'UpdateEndpoint', members);
    await plane.run(process, () => plane.record(NAME)?.update?.phase === 'baking');
    plane.ecs.scripts[testConfig.routerImage] = { healthyAfterMs: 3600_000 };
    crashOne('blue');
    plane.alarms.errors = 'ALARM';
    const alarmed = plane.now;

    await plane.run(process, () => plane.record(NAME)?.status === 'InService');

    expectBlue(/alarm errors went into ALARM/);
    expect(plane.now - alarmed).toBeLessThan(MINUTE);
    expect(plane.serving(NAME).AllTraffic).toBe(INSTANCES - 1);
  });
});

it('CloudWatch that is down holds the traffic where it is, and nothing else', async () => {
  plane.isCloudWatchDown = true;
  const members = { EndpointName: NAME, EndpointConfigName: 'green', DeploymentConfig: BAKING };
  await plane.call(process, 'UpdateEndpoint', members);
  await plane.run(process, () => plane.healthyTasks().length === 2 * INSTANCES, {
    limitMs: 20 * MINUTE,
  });
  crashOne('blue');
  await plane.run(process, () => plane.serving(NAME).AllTraffic === INSTANCES, {
    limitMs: 20 * MINUTE,
  });

  expect(plane.record(NAME)?.update?.shifted).toBe(0);
  plane.isCloudWatchDown = false;
  plane.alarms.errors = 'OK';
  await plane.run(process, () => plane.record(NAME)?.status === 'InService');
  expect(plane.record(NAME)?.endpointConfigName).toBe('green');
});

describe('time', () => {
  it('an hour of baking passes as it should, also when the clock jumps', async () => {
    plane.alarms.errors = 'OK';
    const { clock } = process;
    let jump = 0;
    const jumping = { ...process, clock: { now: () => clock.now() + jump } };
    const members = { EndpointName: NAME, EndpointConfigName: 'green', DeploymentConfig: BAKING };
    await plane.call(process, 'UpdateEndpoint', members);

    let looks = 0;
    await plane.run(jumping, () => plane.record(NAME)?.status === 'InService', {
      after: () => {
        looks += 1;
        jump = [0, 20 * MINUTE, -20 * MINUTE][looks % 3] ?? 0;
        expect(plane.serving(NAME).AllTraffic).toBeGreaterThanOrEqual(INSTANCES);
      },
    });

    expect(plane.record(NAME)?.endpointConfigName).toBe('green');
  });
});
