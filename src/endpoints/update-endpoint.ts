import { arnOf } from '../aws/arn.ts';
import { endpointConfigName } from '../endpoint-configs/config-name.ts';
import { findEndpointConfig } from '../endpoint-configs/endpoint-config-record.ts';
import type { DeployedVariant } from '../fleet/deployed-variant.ts';
import { ValidationException } from '../protocol/errors.ts';
import { operation, type Services } from '../protocol/operation.ts';
import { flag, list, oneOf, structure } from '../protocol/shape.ts';
import { changeRecord } from '../records/change-record.ts';
import { checkGuardrails } from './check-guardrails.ts';
import { createDeployment, deployedVariants } from './deployed-variants.ts';
import { checkDeploymentConfig, deploymentConfig } from './deployment-config.ts';
import { endpointName } from './endpoint-name.ts';
import {
  type EndpointRecord,
  type Live,
  notFound,
  readEndpoint,
  type Update,
  withStatus,
} from './endpoint-record.ts';
import { checkInService, inProgress } from './in-progress.ts';
import { rollingBack } from './plan-update.ts';

const input = structure({
  EndpointName: endpointName,
  EndpointConfigName: endpointConfigName,
  RetainAllVariantProperties: flag().optional(),
  ExcludeRetainedVariantProperties: list(
    structure({ VariantPropertyType: oneOf(['DesiredInstanceCount', 'DesiredWeight']) }),
    { max: 3 },
  ).optional(),
  DeploymentConfig: deploymentConfig.optional(),
  RetainDeploymentConfig: flag().optional(),
});

/**
 * Reference section 2.7. Beyond SageMaker: while an update runs, one back to the configuration in
 * service cancels it.
 */
export const updateEndpoint = operation('UpdateEndpoint', input, async (given, services) => {
  const { config, table, clock, wake } = services;
  const { EndpointName, EndpointConfigName } = given;
  const EndpointArn = arnOf(config, 'endpoint', EndpointName);
  checkDeploymentConfig(given);
  if (given.ExcludeRetainedVariantProperties !== undefined && !given.RetainAllVariantProperties) {
    throw new ValidationException(
      'ExcludeRetainedVariantProperties is given without RetainAllVariantProperties: there is nothing to exclude from.',
    );
  }
  const { endpoint } = await readEndpoint(table, EndpointName);
  if (endpoint === undefined) throw notFound(config, EndpointName);

  if (isCancelling(endpoint.record, EndpointConfigName)) {
    await changeEndpoint(EndpointName, services, (record) => {
      // It may have ended in the meantime: then there is nothing to cancel, and saying so is fair.
      if (!isCancelling(record, EndpointConfigName)) throw inProgress(EndpointArn);
      return cancelled(record, clock.now());
    });
  } else {
    checkUpdatable(endpoint.record, EndpointConfigName, EndpointArn);
    const wanted = await findEndpointConfig(table, config, EndpointConfigName);
    const fresh = await deployedVariants(wanted, services);
    const blue = endpoint.deployment?.variants ?? [];
    const excluded = (given.ExcludeRetainedVariantProperties ?? []).map(
      ({ VariantPropertyType }) => VariantPropertyType,
    );
    const deployed = given.RetainAllVariantProperties
      ? fresh.map((variant) => retained(variant, blue, endpoint.record.live, excluded))
      : fresh;
    const policy =
      given.DeploymentConfig ??
      (given.RetainDeploymentConfig ? endpoint.record.lastDeploymentConfig : undefined);
    checkGuardrails(policy, blue, deployed);

    const generation = await createDeployment(EndpointName, deployed, services);
    await changeEndpoint(EndpointName, services, (record) => {
      checkUpdatable(record, EndpointConfigName, EndpointArn);
      // What is retained and what the policy was checked against was read before.
      if (!isSameFleet(record, endpoint.record)) throw inProgress(EndpointArn);
      const now = clock.now();
      const update: Update = {
        generation,
        endpointConfigName: EndpointConfigName,
        deploymentConfig: policy,
        startedAt: now,
        shifted: 0,
        phase: 'launching',
        since: now,
      };
      return { ...withStatus(record, 'Updating', now), update, failureReason: undefined };
    });
  }
  await wake(EndpointName);
  return { EndpointArn };
});

function changeEndpoint(
  name: string,
  { table, config }: Services,
  change: (record: EndpointRecord) => EndpointRecord,
): Promise<EndpointRecord> {
  const find = async () => {
    const { endpoint } = await readEndpoint(table, name);
    if (endpoint === undefined) throw notFound(config, name);
    return endpoint.record;
  };
  return changeRecord(table, find, change);
}

function isCancelling({ status, update, endpointConfigName }: EndpointRecord, wanted: string) {
  return status === 'Updating' && update !== undefined && wanted === endpointConfigName;
}

function cancelled(record: EndpointRecord, now: number): EndpointRecord {
  const { update } = record;
  if (update === undefined || update.phase === 'rolling back') return record;
  const reason = `The update to ${update.endpointConfigName} was cancelled by an UpdateEndpoint back to ${record.endpointConfigName}.`;
  return rollingBack(record, update, now, reason);
}

function isSameFleet(a: EndpointRecord, b: EndpointRecord): boolean {
  const key = ({ generation, live = {} }: EndpointRecord) =>
    JSON.stringify([generation, Object.entries(live).sort()]);
  return key(a) === key(b);
}

function checkUpdatable(record: EndpointRecord, wanted: string, arn: string): void {
  checkInService(record, arn);
  if (record.endpointConfigName === wanted) {
    throw new ValidationException(
      'Cannot update endpoint with the currently in use endpoint configuration.',
    );
  }
}

/**
 * RetainAllVariantProperties: what a variant of the same name has now, less what is excluded. One that is asleep
 * comes back with one instance: an update ends when the new fleet has been seen to work.
 */
function retained(
  variant: DeployedVariant,
  blue: DeployedVariant[],
  live: Live | undefined,
  excluded: string[],
): DeployedVariant {
  const before = blue.find(({ name }) => name === variant.name);
  if (before === undefined) return variant;
  const now = live?.[variant.name] ?? { weight: before.weight, count: before.instanceCount };
  return {
    ...variant,
    instanceCount: excluded.includes('DesiredInstanceCount')
      ? variant.instanceCount
      : Math.max(1, now.count),
    weight: excluded.includes('DesiredWeight') ? variant.weight : now.weight,
  };
}
