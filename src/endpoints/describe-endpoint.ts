import { arnOf } from '../aws/arn.ts';
import { operation } from '../protocol/operation.ts';
import { structure } from '../protocol/shape.ts';
import { seconds } from '../records/named-record.ts';
import { endpointName } from './endpoint-name.ts';
import { type DeployedVariant, type Endpoint, notFound, readEndpoint } from './endpoint-record.ts';

/** Reference section 2.5. */
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
      ...fleetsOf(endpoint),
      CreationTime: seconds(record.creationTime),
      LastModifiedTime: seconds(record.lastModifiedTime),
    };
  },
);

/** The fleet in service; while the first one comes up it is the pending one. */
function fleetsOf({ record, deployment }: Endpoint) {
  const variants = deployment?.variants ?? [];
  const started = deployment?.creationTime ?? record.creationTime;
  switch (record.status) {
    case 'Creating':
      return {
        PendingDeploymentSummary: {
          EndpointConfigName: record.endpointConfigName,
          ProductionVariants: variants.map((variant) => ({
            ...summary(variant, started),
            InstanceType: variant.instanceType,
            CurrentInstanceCount: 0,
            VariantStatus: [launching(variant.instanceCount, started)],
          })),
          StartTime: seconds(started),
        },
      };
    case 'InService':
      return {
        ProductionVariants: variants.map((variant) => ({
          ...summary(variant, started),
          CurrentWeight: variant.weight,
          CurrentInstanceCount: healthyCount(record.route, variant.name),
        })),
      };
    case 'Deleting':
      return {
        ProductionVariants: variants.map((variant) => ({
          ...summary(variant, started),
          VariantStatus: [terminating(variant.instanceCount, record.lastModifiedTime)],
        })),
      };
    case 'Failed':
      return {};
  }
}

function summary(variant: DeployedVariant, resolved: number) {
  return {
    VariantName: variant.name,
    DeployedImages: variant.model.containers.map(({ Image }) => ({
      SpecifiedImage: Image,
      ResolvedImage: Image,
      ResolutionTime: seconds(resolved),
    })),
    DesiredWeight: variant.weight,
    DesiredInstanceCount: variant.instanceCount,
    RoutingConfig: { RoutingStrategy: variant.routing },
  };
}

function healthyCount(route: Endpoint['record']['route'], variant: string): number {
  return route?.variants.find(({ name }) => name === variant)?.targets.length ?? 0;
}

function launching(count: number, since: number) {
  const StatusMessage = `Launching ${count} instance(s).`;
  return { Status: 'Creating', StatusMessage, StartTime: seconds(since) };
}

function terminating(count: number, since: number) {
  const StatusMessage = `Terminating ${count} instance(s).`;
  return { Status: 'Deleting', StatusMessage, StartTime: seconds(since) };
}
