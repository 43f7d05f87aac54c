import { describe, expect, it, test } from 'vitest';
import type { DeployedVariant } from '../fleet/deployed-variant.ts';
import type { ObservedFleet } from '../fleet/observed-fleet.ts';
import type { DeploymentRecord, Endpoint, Update } from './endpoint-record.ts';
import { isSameRoute, makeRoute } from './make-route.ts';
import type { RouteVariant } from './route.ts';

const NAME = 'abalone';

function variant(name: string, weight = 1, more: Partial<DeployedVariant> = {}): DeployedVariant {
  return {
    name,
    modelName: 'm',
    model: { containers: [{ Image: 'i' }], isPrimary: true, mode: 'Serial' },
    instanceType: 'ml.c5.large',
    instanceCount: 2,
    weight,
    routing: 'RANDOM',
    provisionTimeoutSeconds: 1,
    downloadTimeoutSeconds: 1,
    startupTimeoutSeconds: 1,
    ...more,
  };
}

function deployment(generation: string, variants: DeployedVariant[]) {
  return { generation, variants, creationTime: 0 } as DeploymentRecord;
}

function endpoint(blue: DeployedVariant[], green: DeployedVariant[]): Endpoint {
  const update = { generation: 'g', shifted: 1, phase: 'baking' } as Update;
  const record = { name: NAME, generation: 'b', update } as Endpoint['record'];
  return { record, deployment: deployment('b', blue), green: deployment('g', green) };
}

/** Its `healthy` tasks, and one that is not. */
function fleet(generation: string, name: string, healthy: number): ObservedFleet {
  const task = (id: string, health: 'HEALTHY' | 'UNHEALTHY') => ({
    id,
    phase: 'running' as const,
    health,
    address: `${id}:8080`,
    createdAt: 0,
    startedAt: 0,
    stoppedAt: undefined,
    stopCode: undefined,
    stoppedReason: undefined,
    containers: [],
  });
  return {
    name: { endpoint: NAME, variant: name, generation },
    activeDefinitions: [],
    inactiveDefinitions: [],
    service: undefined,
    tasks: [
      task(`${generation}-${name}-sick`, 'UNHEALTHY'),
      ...Array.from({ length: healthy }, (_, n) => task(`${generation}-${name}-${n}`, 'HEALTHY')),
    ],
  };
}

const parts = (given: Endpoint, fleets: ObservedFleet[]) =>
  makeRoute(given, fleets).variants.map(({ name, generation, weight, targets }) => [
    `${generation}-${name}`,
    weight,
    targets.length,
  ]);

describe('the route of an update whose traffic has moved', () => {
  it('is green alone, with its weights as parts of the whole', () => {
    const given = endpoint([variant('a')], [variant('a', 3), variant('new', 1)]);
    const fleets = [fleet('b', 'a', 2), fleet('g', 'a', 2), fleet('g', 'new', 1)];

    expect(parts(given, fleets)).toEqual([
      ['g-a', 0.75, 2],
      ['g-new', 0.25, 1],
    ]);
  });

  it('goes back to blue while green has no healthy task, renamed or not', () => {
    const same = endpoint([variant('a')], [variant('a')]);
    const renamed = endpoint([variant('old')], [variant('new')]);

    expect(parts(same, [fleet('b', 'a', 2), fleet('g', 'a', 0)])).toEqual([['b-a', 1, 2]]);
    expect(parts(renamed, [fleet('b', 'old', 2), fleet('g', 'new', 0)])).toEqual([['b-old', 1, 2]]);
  });

  it('stays with green when neither has any', () => {
    const given = endpoint([variant('a')], [variant('a')]);

    expect(parts(given, [fleet('b', 'a', 0), fleet('g', 'a', 0)])).toEqual([['g-a', 1, 0]]);
  });

  it('tells how many of each fleet serve, with traffic or without', () => {
    const given = endpoint([variant('a')], [variant('a')]);

    expect(makeRoute(given, [fleet('b', 'a', 2), fleet('g', 'a', 1)]).serving).toEqual([
      { name: 'a', generation: 'b', count: 2 },
      { name: 'a', generation: 'g', count: 1 },
    ]);
  });
});

test('a canary is on as many green tasks as it is large', () => {
  const canary = { Type: 'INSTANCE_COUNT', Value: 1 } as const;
  const routing = { Type: 'CANARY', WaitIntervalInSeconds: 60, CanarySize: canary } as const;
  const deploymentConfig = { BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: routing } };
  const given = endpoint([variant('a')], [variant('a')]);
  const update = { ...given.record.update, deploymentConfig } as Update;

  const route = parts({ ...given, record: { ...given.record, update } }, [
    fleet('b', 'a', 2),
    fleet('g', 'a', 2),
  ]);

  expect(route).toEqual([
    ['b-a', 0.5, 2],
    ['g-a', 0.5, 1],
  ]);
});

test.each<Partial<RouteVariant>>([
  { name: 'b' },
  { generation: 'h' },
  { config: 'other' },
  { weight: 0.5 },
  { share: 0.5 },
  { routing: 'LEAST_OUTSTANDING_REQUESTS' },
  { mode: 'Direct' },
  { maxPayloadInMB: 7 },
  { asleep: true },
  { targets: [{ task: 't', address: 'b:1' }] },
])('%j makes another route', (other) => {
  const [one] = makeRoute(endpoint([], [variant('a')]), [fleet('g', 'a', 1)]).variants;
  const route = { variants: [one as RouteVariant] };

  expect(isSameRoute(route, { variants: [{ ...(one as RouteVariant), ...other }] })).toBe(false);
});

describe('the limits of invocations', () => {
  const limits = { invocationTimeoutSeconds: 600, maxPayloadInMB: 20 };
  const given = endpoint([variant('a')], [variant('a', 1, limits)]);
  const route = makeRoute(given, [fleet('g', 'a', 1)]);

  it('go with the fleet that has them', () => {
    expect(route.variants).toMatchObject([{ name: 'a', generation: 'g', ...limits }]);
  });

  it('make another route', () => {
    const shorter = endpoint([variant('a')], [variant('a', 1, { invocationTimeoutSeconds: 5 })]);

    expect(isSameRoute(route, makeRoute(given, [fleet('g', 'a', 1)]))).toBe(true);
    expect(isSameRoute(route, makeRoute(shorter, [fleet('g', 'a', 1)]))).toBe(false);
  });
});

test('each fleet has its configuration’s name, and another one makes another route', () => {
  const given = endpoint([variant('a')], [variant('a')]);
  const update = { ...given.record.update, shifted: 0, endpointConfigName: 'green' } as Update;
  const record = { ...given.record, update, endpointConfigName: 'blue' };
  const fleets = [fleet('b', 'a', 1), fleet('g', 'a', 1)];

  const route = makeRoute({ ...given, record }, fleets);
  const moved = makeRoute(
    { ...given, record: { ...record, update: { ...update, shifted: 1 } } },
    fleets,
  );

  expect(route.variants.map(({ config }) => config)).toEqual(['blue']);
  expect(moved.variants.map(({ config }) => config)).toEqual(['green']);
  expect(isSameRoute({ variants: route.variants.map(({ config, ...old }) => old) }, route)).toBe(
    false,
  );
});
