import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Death, faultAt, SAMPLED_FAULTS } from '../../test/support/faults.ts';
import { SimulatedPlane, type SimulatedProcess } from '../../test/support/simulated-plane.ts';
import { reconcile } from './reconcile.ts';

const NAME = 'abalone';
const CANARY = {
  BlueGreenUpdatePolicy: {
    TrafficRoutingConfiguration: {
      Type: 'CANARY',
      WaitIntervalInSeconds: 30,
      CanarySize: { Type: 'INSTANCE_COUNT', Value: 1 },
    },
  },
};

let plane: SimulatedPlane;
let process: SimulatedProcess;

async function openPlane(...models: string[]): Promise<void> {
  plane = new SimulatedPlane();
  await plane.open();
  process = plane.start();
  for (const name of models) {
    await plane.define(process, name, { InitialInstanceCount: 2 });
  }
  plane.ecs.scripts.missing = { cannotPull: 'no such image' };
}

beforeEach(() => openPlane('blue', 'green', 'missing'));

afterEach(() => plane.close());

const SHORT = {
  'SageMaker Endpoint State Change': 'state',
  'SageMaker Endpoint Deployment State Change': 'deployment',
  'SageMaker Transform Job State Change': 'job',
};

/** A line for each event: its kind, the status, and what the variants are at. */
function told(): string[] {
  return plane.told.map(({ detailType, detail }) => {
    const { EndpointStatus, ProductionVariants, PendingDeploymentSummary } = detail as Detail;
    const variants = [
      ...(ProductionVariants ?? []),
      ...(PendingDeploymentSummary?.ProductionVariants ?? []),
    ];
    const at = variants.flatMap(({ VariantStatus }) => VariantStatus?.[0]?.Status ?? []);
    return [SHORT[detailType], EndpointStatus, ...at].join(' ');
  });
}

interface Variant {
  VariantStatus?: { Status: string; StatusMessage: string; StartTime: number }[];
}

interface Detail {
  EndpointStatus: string;
  ProductionVariants?: Variant[];
  PendingDeploymentSummary?: { ProductionVariants: Variant[] };
}

async function create(config: string, by = process): Promise<void> {
  await plane.call(by, 'CreateEndpoint', { EndpointName: NAME, EndpointConfigName: config });
}

const isInService = (config: string) => () => {
  const record = plane.record(NAME);
  return record?.status === 'InService' && record.endpointConfigName === config;
};

async function serving(): Promise<void> {
  await create('blue');
  await plane.run(process, isInService('blue'));
}

describe('the events of an endpoint', () => {
  it('tell every state of its life, each once', async () => {
    await serving();
    const update = { EndpointName: NAME, EndpointConfigName: 'green', DeploymentConfig: CANARY };
    await plane.call(process, 'UpdateEndpoint', update);
    await plane.run(process, isInService('green'));
    await plane.call(process, 'DeleteEndpoint', { EndpointName: NAME });
    await plane.run(process, () => plane.record(NAME) === undefined);

    expect(told()).toEqual([
      'state CREATING Creating',
      'state IN_SERVICE',
      'state UPDATING Creating',
      'deployment UPDATING Creating',
      'deployment UPDATING Baking',
      'deployment UPDATING Creating',
      'deployment UPDATING Baking',
      'state IN_SERVICE',
      'state DELETING Deleting',
    ]);
  });

  it('have the members of SageMaker’s, with times in milliseconds', async () => {
    await serving();
    const { lastModifiedTime } = plane.record(NAME)!;

    expect(plane.told.at(-1)).toEqual({
      detailType: 'SageMaker Endpoint State Change',
      resource: 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/abalone',
      time: lastModifiedTime,
      detail: {
        EndpointName: NAME,
        EndpointArn: 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/abalone',
        EndpointConfigName: 'blue',
        EndpointStatus: 'IN_SERVICE',
        ProductionVariants: [
          {
            VariantName: 'AllTraffic',
            CurrentWeight: 1,
            DesiredWeight: 1,
            CurrentInstanceCount: 2,
            DesiredInstanceCount: 2,
          },
        ],
        CreationTime: plane.record(NAME)?.creationTime,
        LastModifiedTime: lastModifiedTime,
        Tags: {},
      },
    });
  });

  it('tell what the fleet that comes is at, since when', async () => {
    await serving();
    const update = { EndpointName: NAME, EndpointConfigName: 'green', DeploymentConfig: CANARY };
    await plane.call(process, 'UpdateEndpoint', update);
    await plane.run(process, () => told().includes('deployment UPDATING Baking'));

    const { PendingDeploymentSummary } = plane.told.at(-1)!.detail as Detail;
    const { since } = plane.record(NAME)!.update!;
    expect(PendingDeploymentSummary).toMatchObject({
      EndpointConfigName: 'green',
      ProductionVariants: [{ VariantStatus: [{ Status: 'Baking', StartTime: since }, {}] }],
    });
  });

  it('tell that a capacity changes', async () => {
    await serving();
    await plane.call(process, 'UpdateEndpointWeightsAndCapacities', {
      EndpointName: NAME,
      DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', DesiredInstanceCount: 3 }],
    });
    await plane.run(process, isInService('blue'));

    expect(told().slice(-3)).toEqual([
      'state UPDATING Updating',
      'deployment UPDATING Updating',
      'state IN_SERVICE',
    ]);
  });

  it('tell of a failure, and why', async () => {
    await create('missing');
    await plane.run(process, () => plane.record(NAME)?.status === 'Failed');

    expect(plane.told.at(-1)?.detail).toMatchObject({
      EndpointStatus: 'FAILED',
      FailureReason: plane.record(NAME)?.failureReason,
    });
  });
});

describe('a bus that is down', () => {
  it('holds up nothing, and is told where the endpoint is when it is back', async () => {
    await serving();
    const asUsual = plane.now - plane.record(NAME)!.creationTime;
    await plane.close();
    await openPlane('blue');
    plane.isBusDown = true;
    await serving();
    expect(plane.now - plane.record(NAME)!.creationTime).toBe(asUsual);
    expect(told()).toEqual([]);

    plane.isBusDown = false;
    await plane.run(process, () => told().length > 0, { limitMs: 60_000 });

    expect(told()).toEqual(['state IN_SERVICE']);
  });

  it('does not keep an endpoint from going away', async () => {
    await serving();
    plane.isBusDown = true;
    await plane.call(process, 'DeleteEndpoint', { EndpointName: NAME });
    await plane.run(process, () => plane.record(NAME) === undefined);

    expect(plane.leftovers(NAME)).toEqual([]);
  });
});

it.each(SAMPLED_FAULTS)('whichever call %s, InService is told at least once', async (fault) => {
  for (let at = 1; ; at++) {
    await plane.close();
    await openPlane('blue');
    await create('blue');
    const faulty = faultAt(at, fault);
    try {
      await plane.run(plane.start(faulty.around), isInService('blue'));
    } catch (error) {
      if (!(error instanceof Death)) throw error;
    }
    const isTold = () => told().includes('state IN_SERVICE');
    await plane.run(process, isTold, { limitMs: 600_000, stepMs: 5_000 });
    expect(told()[0]).toBe('state CREATING Creating');
    await reconcile(NAME, process);

    const count = told().length;
    await reconcile(NAME, process);
    expect(told()).toHaveLength(count);
    if (faulty.calls() < at) break;
  }
});
