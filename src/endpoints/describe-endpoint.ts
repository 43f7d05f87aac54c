import { arnOf } from '../aws/arn.ts';
import { isCapturing } from '../endpoint-configs/data-capture-config.ts';
import type { DeployedVariant } from '../fleet/deployed-variant.ts';
import { operation } from '../protocol/operation.ts';
import { structure } from '../protocol/shape.ts';
import { seconds } from '../records/named-record.ts';
import { endpointName } from './endpoint-name.ts';
import { type Endpoint, notFound, readEndpoint } from './endpoint-record.ts';
import { variantStatuses } from './variant-status.ts';
import { isServed } from './wanted-fleets.ts';

/** Reference section 2.5. While an update runs, the top level still describes the old fleet. */
export const describeEndpoint = operation(
  'DescribeEndpoint',
  structure({ EndpointName: endpointName }),
  async ({ EndpointName }, { config, table }) => {
    const { endpoint } = await readEndpoint(table, EndpointName);
    if (endpoint === undefined) throw notFound(config, EndpointName);
    const { record } = endpoint;
    return {
      EndpointName,
      EndpointArn: arnOf(config, 'endpoint', EndpointName),
      EndpointConfigName: record.endpointConfigName,
      EndpointStatus: record.status,
      FailureReason: record.failureReason,
      ProductionVariants: variantsInService(endpoint),
      DataCaptureConfig: dataCapture(endpoint),
      PendingDeploymentSummary: pendingDeployment(endpoint),
      LastDeploymentConfig: record.lastDeploymentConfig,
      CreationTime: seconds(record.creationTime),
      LastModifiedTime: seconds(record.lastModifiedTime),
    };
  },
);

/** What describing and events have in common. */
export type VariantView = NonNullable<ReturnType<typeof variantsInService>>[number];

/** The fleet in service: blue, while an update runs. */
export function variantsInService(endpoint: Endpoint) {
  const { record, deployment } = endpoint;
  if (record.status === 'Creating' || record.status === 'Failed') return undefined;
  return deployment?.variants.map((variant) => ({
    ...summary(variant, deployment.creationTime),
    DesiredWeight: record.live?.[variant.name]?.weight ?? variant.weight,
    DesiredInstanceCount: record.live?.[variant.name]?.count ?? variant.instanceCount,
    ...current(endpoint, record.generation, variant),
    VariantStatus: variantStatuses(endpoint, variant, 'blue'),
  }));
}

/** Every variant of a configuration captures alike. */
function dataCapture({ record, deployment }: Endpoint) {
  const given = deployment?.variants[0]?.dataCapture;
  if (given === undefined) return undefined;
  const isStarted = isCapturing(given) && isServed(record) && record.status !== 'Creating';
  return {
    EnableCapture: given.EnableCapture ?? true,
    CaptureStatus: isStarted ? 'Started' : 'Stopped',
    CurrentSamplingPercentage: given.InitialSamplingPercentage,
    DestinationS3Uri: given.DestinationS3Uri,
    KmsKeyId: given.KmsKeyId ?? '',
  };
}

/** The fleet that is coming. */
export function pendingDeployment(endpoint: Endpoint) {
  const { record, deployment, green } = endpoint;
  const coming = record.status === 'Creating' ? deployment : green;
  if (coming === undefined || record.status === 'Deleting') return undefined;
  return {
    EndpointConfigName: record.update?.endpointConfigName ?? record.endpointConfigName,
    ProductionVariants: coming.variants.map((variant) => ({
      ...summary(variant, coming.creationTime),
      InstanceType: variant.instanceType,
      DesiredWeight: variant.weight,
      DesiredInstanceCount: variant.instanceCount,
      ...current(endpoint, coming.generation, variant),
      VariantStatus: variantStatuses(endpoint, variant, 'green'),
    })),
    StartTime: seconds(record.update?.startedAt ?? coming.creationTime),
  };
}

function summary(variant: DeployedVariant, resolved: number) {
  return {
    VariantName: variant.name,
    DeployedImages: variant.model.containers.map(({ Image }) => ({
      SpecifiedImage: Image,
      ResolvedImage: Image,
      ResolutionTime: seconds(resolved),
    })),
    RoutingConfig: { RoutingStrategy: variant.routing },
  };
}

/** What serves of it now, and with which weight. */
function current({ record }: Endpoint, generation: string, { name, weight }: DeployedVariant) {
  const entry = record.route?.variants.find(
    (one) => one.name === name && one.generation === generation,
  );
  const serving = record.route?.serving?.find(
    (one) => one.name === name && one.generation === generation,
  );
  const own = record.generation === generation ? record.live?.[name]?.weight : undefined;
  return {
    CurrentWeight: (entry?.share ?? 0) * (own ?? weight),
    CurrentInstanceCount: serving?.count ?? 0,
  };
}
