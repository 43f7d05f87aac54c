import {
  type ContainerDefinition,
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  type CreateModelCommandInput,
  DescribeEndpointCommand,
  type DescribeEndpointCommandOutput,
  type ProductionVariant,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import {
  InvokeEndpointCommand,
  type SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime';
import type { StageReport } from './stage.ts';
import { until } from './until.ts';

export function variantOf(
  ModelName: string,
  more: Partial<ProductionVariant> = {},
): ProductionVariant {
  return {
    VariantName: 'AllTraffic',
    ModelName,
    InstanceType: 'ml.c5.large',
    InitialInstanceCount: 1,
    ...more,
  };
}

/** A model of `containers`, and a config and an endpoint of one variant, all of one name. */
export async function createPipeline(
  client: SageMakerClient,
  name: string,
  containers: ContainerDefinition[],
  more: Partial<CreateModelCommandInput> = {},
): Promise<void> {
  await client.send(new CreateModelCommand({ ModelName: name, Containers: containers, ...more }));
  await createEndpoint(client, name, [variantOf(name)]);
}

/** A config of `variants`, and its endpoint, both of one name. */
export async function createEndpoint(
  client: SageMakerClient,
  name: string,
  variants: ProductionVariant[],
): Promise<void> {
  const config = { EndpointConfigName: name, ProductionVariants: variants };
  await client.send(new CreateEndpointConfigCommand(config));
  await client.send(new CreateEndpointCommand({ EndpointName: name, EndpointConfigName: name }));
}

/** The endpoint once it is InService or Failed. @throws when it stays Creating */
export async function settled(
  client: SageMakerClient,
  name: string,
): Promise<DescribeEndpointCommandOutput> {
  return await until(`endpoint ${name} settled`, async () => {
    const found = await client.send(new DescribeEndpointCommand({ EndpointName: name }));
    return found.EndpointStatus === 'Creating' ? undefined : found;
  });
}

/** @throws with its FailureReason when the endpoint is anything but InService */
export async function inService(client: SageMakerClient, name: string): Promise<void> {
  const { EndpointStatus, FailureReason } = await settled(client, name);
  if (EndpointStatus !== 'InService')
    throw new Error(`${name}: ${EndpointStatus}: ${FailureReason}`);
}

export async function gone(
  client: SageMakerClient,
  name: string,
  patienceMs?: number,
): Promise<void> {
  await until(
    `endpoint ${name} gone`,
    async () => {
      try {
        await client.send(new DescribeEndpointCommand({ EndpointName: name }));
        return undefined;
      } catch (error) {
        if (error instanceof Error && error.name === 'ValidationException') return true;
        throw error;
      }
    },
    patienceMs,
  );
}

/** What the last stage answered, as text. */
export async function invoke(
  client: SageMakerRuntimeClient,
  EndpointName: string,
  Body: string,
): Promise<string> {
  const { Body: answer } = await client.send(
    new InvokeEndpointCommand({ EndpointName, Body, ContentType: 'text/csv' }),
  );
  return answer.transformToString();
}

/** The same from an endpoint whose last stage reports. */
export async function invokeForReport(
  client: SageMakerRuntimeClient,
  endpoint: string,
  body = 'x',
): Promise<StageReport> {
  return JSON.parse(await invoke(client, endpoint, body)) as StageReport;
}
