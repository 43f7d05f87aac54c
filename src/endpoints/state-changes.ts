import { arnOf } from '../aws/arn.ts';
import type { Config } from '../aws/config.ts';
import { type StateChange, upperSnake } from '../events/state-change.ts';
import { pendingDeployment, type VariantView, variantsInService } from './describe-endpoint.ts';
import type { Endpoint, EndpointRecord, Told } from './endpoint-record.ts';

/**
 * The events that tell what an endpoint is now (reference section 2.11), and what its record is to
 * remember of them; undefined when all is told. Pure. What came and went untold is not told any more.
 */
export function untold(
  endpoint: Endpoint,
  config: Config,
): { changes: StateChange[]; told: Told } | undefined {
  const { record } = endpoint;
  const told = stateOf(record);
  const resource = arnOf(config, 'endpoint', record.name);
  const detail = detailOf(endpoint, resource);
  const changes: StateChange[] = [];
  if (told.state !== record.told?.state) {
    const time = record.lastModifiedTime;
    changes.push({ detailType: 'SageMaker Endpoint State Change', resource, time, detail });
  }
  if (told.deployment !== undefined && told.deployment !== record.told?.deployment) {
    const time = record.update?.since ?? record.lastModifiedTime;
    changes.push({
      detailType: 'SageMaker Endpoint Deployment State Change',
      resource,
      time,
      detail,
    });
  }
  return changes.length === 0 ? undefined : { changes, told };
}

/** Whether the same would be told of both. */
export function isSameState(a: EndpointRecord, b: EndpointRecord): boolean {
  const [one, other] = [stateOf(a), stateOf(b)];
  return one.state === other.state && one.deployment === other.deployment;
}

/** The same status of another change is another state. */
function stateOf(record: EndpointRecord): Told {
  const { status, update, scaling } = record;
  const change = update?.generation ?? scaling?.since;
  return {
    state: change === undefined ? status : `${status} ${change}`,
    deployment: deploymentOf(record),
  };
}

/** What the statuses of the variants come from. */
function deploymentOf({ status, update, scaling }: EndpointRecord): string | undefined {
  if (status !== 'Updating' && status !== 'UpdateRollbackFailed') return undefined;
  if (update !== undefined) return `${update.generation} ${update.phase} ${update.shifted}`;
  return scaling && `scaling ${scaling.since}`;
}

function detailOf(endpoint: Endpoint, EndpointArn: string): object {
  const { record } = endpoint;
  const pending = pendingDeployment(endpoint);
  return {
    EndpointName: record.name,
    EndpointArn,
    EndpointConfigName: record.endpointConfigName,
    ProductionVariants: variantsInService(endpoint)?.map(variantOf),
    EndpointStatus: upperSnake(record.status),
    FailureReason: record.failureReason,
    CreationTime: record.creationTime,
    LastModifiedTime: record.lastModifiedTime,
    Tags: record.tags,
    PendingDeploymentSummary: pending && {
      EndpointConfigName: pending.EndpointConfigName,
      StartTime: milliseconds(pending.StartTime),
      ProductionVariants: pending.ProductionVariants.map(variantOf),
    },
  };
}

function variantOf(view: VariantView): object {
  return {
    VariantName: view.VariantName,
    CurrentWeight: view.CurrentWeight,
    DesiredWeight: view.DesiredWeight,
    CurrentInstanceCount: view.CurrentInstanceCount,
    DesiredInstanceCount: view.DesiredInstanceCount,
    VariantStatus: view.VariantStatus?.map(({ StartTime, ...status }) => ({
      ...status,
      StartTime: milliseconds(StartTime),
    })),
  };
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000);
}
