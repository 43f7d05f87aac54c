import { afterAll, beforeAll, expect, it } from 'vitest';
import { NOON, startApi, type TestApi } from '../../test/support/api.ts';
import type { DashboardBody } from '../dashboards/dashboard.ts';
import type { Route } from './route.ts';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  await api.call('CreateModel', {
    ModelName: 'abalone',
    Containers: [{ Image: 'registry.example/a:1' }, { Image: 'registry.example/b:1' }],
  });
  await configured('abalone-config');
});

afterAll(() => api.close());

async function configured(EndpointConfigName: string): Promise<void> {
  await api.call('CreateEndpointConfig', {
    EndpointConfigName,
    ProductionVariants: [
      {
        VariantName: 'AllTraffic',
        ModelName: 'abalone',
        InstanceType: 'ml.c5.large',
        InitialInstanceCount: 2,
        InitialVariantWeight: 3,
        RoutingConfig: { RoutingStrategy: 'LEAST_OUTSTANDING_REQUESTS' },
      },
    ],
  });
}

async function created(EndpointName: string): Promise<void> {
  api.clock.time = NOON;
  const { status, body } = await api.call('CreateEndpoint', {
    EndpointName,
    EndpointConfigName: 'abalone-config',
    Tags: [{ Key: 'team', Value: 'sea' }],
  });
  expect({ status, body }).toEqual({ status: 200, body: { EndpointArn: arnOf(EndpointName) } });
  expect(api.woken).toContain(EndpointName);
}

const arnOf = (name: string) => `arn:aws:sagemaker:us-east-1:123456789012:endpoint/${name}`;

const seconds = NOON / 1000;

const common = (name: string) => ({
  EndpointName: name,
  EndpointArn: arnOf(name),
  EndpointConfigName: 'abalone-config',
  CreationTime: seconds,
  LastModifiedTime: seconds,
});

const variant = {
  VariantName: 'AllTraffic',
  DeployedImages: ['registry.example/a:1', 'registry.example/b:1'].map((image) => ({
    SpecifiedImage: image,
    ResolvedImage: image,
    ResolutionTime: seconds,
  })),
  DesiredWeight: 3,
  DesiredInstanceCount: 2,
  RoutingConfig: { RoutingStrategy: 'LEAST_OUTSTANDING_REQUESTS' },
};

async function recordOf(endpoint: string): Promise<Record<string, unknown>> {
  const items = await api.dump();
  return items.find(({ sk, name }) => sk === 'endpoint' && name === endpoint) ?? {};
}

async function described(EndpointName: string) {
  return (await api.call('DescribeEndpoint', { EndpointName })).body;
}

it('shows the first fleet as pending while the endpoint is Creating', async () => {
  await created('creating');

  expect(await described('creating')).toMatchObject({
    ...common('creating'),
    EndpointStatus: 'Creating',
    PendingDeploymentSummary: {
      EndpointConfigName: 'abalone-config',
      StartTime: seconds,
      ProductionVariants: [
        {
          ...variant,
          InstanceType: 'ml.c5.large',
          CurrentInstanceCount: 0,
          VariantStatus: [
            { Status: 'Creating', StatusMessage: 'Launching 2 instance(s).', StartTime: seconds },
          ],
        },
      ],
    },
  });
});

it('shows the healthy instances while it is InService', async () => {
  await created('serving');
  const { generation } = await recordOf('serving');
  const route: Route = {
    variants: [
      {
        name: 'AllTraffic',
        generation: String(generation),
        weight: 3,
        share: 1,
        routing: 'RANDOM',
        mode: 'Serial',
        targets: [{ task: 't1', address: '10.0.0.1:8080' }],
      },
    ],
    serving: [{ name: 'AllTraffic', generation: String(generation), count: 1 }],
  };
  await api.putEndpoint('serving', { status: 'InService', route });

  expect(await described('serving')).toMatchObject({
    ...common('serving'),
    EndpointStatus: 'InService',
    ProductionVariants: [{ ...variant, CurrentWeight: 3, CurrentInstanceCount: 1 }],
  });
});

it('says why it is Failed', async () => {
  await created('failed');
  await api.putEndpoint('failed', { status: 'Failed', failureReason: 'The container-2 …' });

  expect(await described('failed')).toEqual({
    ...common('failed'),
    EndpointStatus: 'Failed',
    FailureReason: 'The container-2 …',
  });
});

it('shows what goes while it is Deleting, and routes nothing there', async () => {
  await created('deleting');
  const live = { AllTraffic: { weight: 3, count: 5 } };
  await api.putEndpoint('deleting', { status: 'InService', route: { variants: [] }, live });
  api.clock.time = NOON + 60_000;

  const deleted = await api.call('DeleteEndpoint', { EndpointName: 'deleting' });

  expect(deleted).toMatchObject({ status: 200, body: {} });
  expect(await described('deleting')).toMatchObject({
    ...common('deleting'),
    LastModifiedTime: seconds + 60,
    EndpointStatus: 'Deleting',
    ProductionVariants: [
      {
        ...variant,
        DesiredInstanceCount: 5,
        VariantStatus: [
          {
            Status: 'Deleting',
            StatusMessage: 'Terminating 5 instance(s).',
            StartTime: seconds + 60,
          },
        ],
      },
    ],
  });
  expect(await recordOf('deleting')).not.toHaveProperty('route');
});

it('goes on as it was when its model and its configuration are deleted', async () => {
  const ModelName = 'short-lived';
  const EndpointConfigName = 'short-lived';
  const EndpointName = 'alone';
  await api.call('CreateModel', { ModelName, PrimaryContainer: { Image: 'i' } });
  const variant = {
    VariantName: 'v',
    ModelName,
    InstanceType: 'ml.c5.large',
    InitialInstanceCount: 1,
  };
  await api.call('CreateEndpointConfig', { EndpointConfigName, ProductionVariants: [variant] });
  await api.call('CreateEndpoint', { EndpointName, EndpointConfigName });
  const before = await described(EndpointName);

  await api.call('DeleteEndpointConfig', { EndpointConfigName });
  await api.call('DeleteModel', { ModelName });

  expect(before.EndpointStatus).toBe('Creating');
  expect(await described(EndpointName)).toEqual(before);
});

it('has a dashboard of its own, with its stages and what its record knows of its updates', async () => {
  await created('shown');
  await api.putEndpoint('shown', {
    status: 'InService',
    swaps: [
      {
        startedAt: NOON,
        endedAt: NOON + 60_000,
        endpointConfigName: 'shown-2',
        outcome: 'in service',
      },
    ],
  });
  const get = (name: string) =>
    api.send({ httpMethod: 'GET', path: `/endpoints/${name}/dashboard`, body: null });

  const { status, body } = await get('shown');
  const missing = await get('nowhere');

  const { widgets } = body as unknown as DashboardBody;
  const graphs = widgets.flatMap((one) => (one.type === 'metric' ? [one.properties] : []));
  const latency = graphs.find(({ title }) => title === 'AllTraffic: latency by stage');
  expect(status).toBe(200);
  expect(latency?.metrics.map((metric) => metric.at(-1))).toEqual(
    ['container-1', 'container-2', 'overhead'].map((label) => ({ label })),
  );
  expect(graphs[0]?.annotations?.vertical).toEqual([
    { label: 'update to shown-2', value: '2026-11-22T12:00:00.000Z' },
    { label: 'shown-2 in service', value: '2026-11-22T12:01:00.000Z' },
  ]);
  expect(missing).toMatchObject({ status: 400, body: { __type: 'ValidationException' } });
});
