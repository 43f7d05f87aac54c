import fc from 'fast-check';
import { expect, it } from 'vitest';
import { reconcile } from '../src/endpoints/reconcile.ts';
import { ServiceError } from '../src/protocol/errors.ts';
import { Interleaver } from './support/interleaver.ts';
import { SimulatedPlane, type SimulatedProcess } from './support/simulated-plane.ts';

/** In the suite; the full number with HEADRACE_TWO_HANDS_RUNS=10000, as CI runs it. */
const RUNS = Number(process.env.HEADRACE_TWO_HANDS_RUNS ?? 100);

const NAME = 'abalone';
const CONFIGS = ['one', 'two', 'pair', 'missing', 'flapping'] as const;

const policy = fc.constantFrom(
  undefined,
  {
    BlueGreenUpdatePolicy: {
      TrafficRoutingConfiguration: {
        Type: 'CANARY',
        WaitIntervalInSeconds: 20,
        CanarySize: { Type: 'CAPACITY_PERCENT', Value: 30 },
      },
      TerminationWaitInSeconds: 40,
    },
    AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'errors' }] },
  },
  {
    RollingUpdatePolicy: {
      MaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 50 },
      WaitIntervalInSeconds: 10,
    },
  },
);

type Hand =
  | { do: 'CreateEndpoint' | 'DeleteEndpoint' }
  | { do: 'UpdateEndpoint'; config: string; policy: unknown }
  | { do: 'UpdateEndpointWeightsAndCapacities'; count: number; weight: number }
  | { do: 'message' };

const hand: fc.Arbitrary<Hand> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ do: 'CreateEndpoint' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'DeleteEndpoint' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('UpdateEndpoint' as const),
      config: fc.constantFrom(...CONFIGS),
      policy,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('UpdateEndpointWeightsAndCapacities' as const),
      count: fc.integer({ min: 0, max: 3 }),
      weight: fc.constantFrom(0, 1, 2),
    }),
  },
  { weight: 6, arbitrary: fc.constant({ do: 'message' as const }) },
);

/** What happens between two turns. */
const weather = fc.record({
  ms: fc.constantFrom(0, 0, 50, 1_000, 15_000, 70_000),
  alarm: fc.constantFrom('OK' as const, 'OK' as const, 'ALARM' as const),
  kills: fc.constantFrom(false, false, false, true),
  wakes: fc.boolean(),
});

/** A hand, and the call at which it falls asleep, if it does. */
const sleepyHand = fc.tuple(hand, fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }));

const turn = fc.record({ hands: fc.array(sleepyHand, { minLength: 1, maxLength: 5 }), weather });

async function openPlane(): Promise<SimulatedPlane> {
  const plane = new SimulatedPlane();
  await plane.open();
  plane.ecs.scripts.missing = { cannotPull: 'no such image' };
  plane.ecs.scripts.flapping = { exitAfterMs: 8_000, exitCode: 3 };
  const setUp = plane.start();
  for (const config of CONFIGS) {
    await plane.define(setUp, config, { InitialInstanceCount: config === 'pair' ? 2 : 1 });
  }
  return plane;
}

/** AWS refuses what another hand has just taken away; then the message comes again, as in the queue. */
async function deliver(plane: SimulatedPlane, process: SimulatedProcess): Promise<void> {
  try {
    await reconcile(NAME, process);
  } catch (error) {
    if (!(error instanceof Error && '$fault' in error)) throw error;
    plane.queue.push({ endpoint: NAME, dueAt: plane.now });
  }
}

/** One operation or one message. What is refused is refused with SageMaker's words. */
async function act(plane: SimulatedPlane, process: SimulatedProcess, given: Hand): Promise<void> {
  if (given.do === 'message') return deliver(plane, process);
  const EndpointName = NAME;
  const members = {
    CreateEndpoint: () => ({ EndpointName, EndpointConfigName: 'one' }),
    DeleteEndpoint: () => ({ EndpointName }),
    UpdateEndpoint: () => {
      const { config, policy } = given as Extract<Hand, { do: 'UpdateEndpoint' }>;
      return { EndpointName, EndpointConfigName: config, DeploymentConfig: policy };
    },
    UpdateEndpointWeightsAndCapacities: () => {
      const { count, weight } = given as Extract<Hand, { count: number }>;
      const wish = {
        VariantName: 'AllTraffic',
        DesiredInstanceCount: count,
        DesiredWeight: weight,
      };
      return { EndpointName, DesiredWeightsAndCapacities: [wish] };
    },
  }[given.do]();
  try {
    await plane.call(process, given.do, members);
  } catch (error) {
    if (!(error instanceof ServiceError) || error.status !== 400) throw error;
  }
}

function isResting(plane: SimulatedPlane): boolean {
  const record = plane.record(NAME);
  const services = plane.leftovers(NAME).filter((item) => item.includes(':service/'));
  const deployments = plane.leftovers(NAME).filter((item) => item.includes('deployment/'));
  switch (record?.status) {
    case undefined:
      return plane.leftovers(NAME).length === 0;
    case 'Failed':
      return services.length === 0;
    case 'InService':
      return services.length === 1 && deployments.length === 1;
    default:
      return false;
  }
}

it(`comes to rest in a state of the diagram, with nothing left over, in ${RUNS} interleavings of operations, messages, alarms and deaths`, {
  timeout: 3_600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(turn, { minLength: 1, maxLength: 7 }),
      fc.infiniteStream(fc.nat(1_000)),
      async (turns, choices) => {
        const plane = await openPlane();
        try {
          let hasKilled = false;
          const interleaver = new Interleaver((among) =>
            among === 0 ? 0 : (choices.next().value ?? 0) % among,
          );
          for (const { hands, weather } of turns) {
            plane.alarms.errors = weather.alarm;
            if (weather.wakes) interleaver.wakeAll();
            for (const [one, sleepsAt] of hands) {
              interleaver.start((around) => act(plane, plane.start(around), one), sleepsAt);
            }
            await interleaver.run();
            if (weather.kills) {
              hasKilled = true;
              plane.ecs.runtime.running[0]?.crash(1);
            }
            await plane.ecs.time.advance(weather.ms);
            checkCapacity(plane, hasKilled);
          }
          interleaver.wakeAll();
          await interleaver.run();

          plane.alarms.errors = 'OK';
          plane.ecs.scripts.flapping = {};
          await plane.run(plane.start(), () => isResting(plane), {
            limitMs: 3 * 3_600_000,
            stepMs: 5_000,
          });

          const record = plane.record(NAME);
          if (record?.status === 'InService') {
            await plane.run(plane.start(), () => isWhole(plane), {
              limitMs: 600_000,
              stepMs: 5_000,
            });
            expect(record.update).toBeUndefined();
          }
        } finally {
          await plane.close();
        }
      },
    ),
    { numRuns: RUNS },
  );
});

/** What has ever been in service goes on serving, unless it sleeps, somebody killed it or it dies by itself. */
function checkCapacity(plane: SimulatedPlane, hasKilled: boolean): void {
  const { status, endpointConfigName, update, route, live, scaling } = plane.record(NAME) ?? {};
  const sleeps = [live, scaling?.previous].some((counts) => counts?.AllTraffic?.count === 0);
  const mayDie = [endpointConfigName, update?.endpointConfigName].includes('flapping');
  if (hasKilled || mayDie || sleeps || route === undefined) return;
  if (status !== 'InService' && status !== 'Updating') return;
  expect(plane.serving(NAME).AllTraffic).toBeGreaterThanOrEqual(1);
}

/** The route names every healthy task, and as many as are wanted. */
function isWhole(plane: SimulatedPlane): boolean {
  const record = plane.record(NAME);
  const wanted = record?.live?.AllTraffic?.count ?? (record?.endpointConfigName === 'pair' ? 2 : 1);
  return plane.serving(NAME).AllTraffic === wanted;
}
