import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApi, type TestApi } from '../../test/support/api.ts';
import type { DeployedVariant } from '../fleet/deployed-variant.ts';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  await api.call('CreateModel', { ModelName: 'm', PrimaryContainer: { Image: 'i' } });
});

afterAll(() => api.close());

async function deployed(name: string, more: object = {}): Promise<DeployedVariant[]> {
  const variant = { VariantName: 'v', ModelName: 'm', InstanceType: 'ml.c5.large' };
  await api.call('CreateEndpointConfig', {
    EndpointConfigName: name,
    ProductionVariants: [{ ...variant, InitialInstanceCount: 1, ...more }],
  });
  await api.call('CreateEndpoint', { EndpointName: name, EndpointConfigName: name });
  const records = await api.dump();
  const found = records.find((record) => record.kind === 'deployment' && record.name === name);
  return found?.variants as DeployedVariant[];
}

it('a variant has the defaults of what its configuration leaves open', async () => {
  expect(await deployed('open')).toMatchObject([
    {
      weight: 1,
      routing: 'RANDOM',
      provisionTimeoutSeconds: 900,
      downloadTimeoutSeconds: 900,
      startupTimeoutSeconds: 480,
    },
  ]);
});

it('a variant has what its configuration sets; of a weight what a Float can hold', async () => {
  const more = {
    InitialVariantWeight: 1e-200,
    RoutingConfig: { RoutingStrategy: 'LEAST_OUTSTANDING_REQUESTS' },
    VariantInstanceProvisionTimeoutInSeconds: 300,
    ModelDataDownloadTimeoutInSeconds: 60,
    ContainerStartupHealthCheckTimeoutInSeconds: 3600,
  };

  expect(await deployed('set', more)).toMatchObject([
    {
      weight: 0,
      routing: 'LEAST_OUTSTANDING_REQUESTS',
      provisionTimeoutSeconds: 300,
      downloadTimeoutSeconds: 60,
      startupTimeoutSeconds: 3600,
    },
  ]);
});
