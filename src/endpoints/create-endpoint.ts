import { arnOf } from '../aws/arn.ts';
import { endpointConfigName } from '../endpoint-configs/config-name.ts';
import { findEndpointConfig } from '../endpoint-configs/endpoint-config-record.ts';
import type { ProductionVariant } from '../endpoint-configs/production-variant.ts';
import { findModel } from '../models/model-record.ts';
import { ValidationException } from '../protocol/errors.ts';
import { operation, type Services } from '../protocol/operation.ts';
import { structure, unsupported } from '../protocol/shape.ts';
import { creationSortKey, keyOf, newRecord } from '../records/named-record.ts';
import { tagList, toTagMap } from '../tags/tag-shape.ts';
import { endpointName } from './endpoint-name.ts';
import {
  type DeployedVariant,
  type DeploymentRecord,
  deploymentKey,
  type EndpointRecord,
  withStatus,
} from './endpoint-record.ts';

const input = structure({
  EndpointName: endpointName,
  EndpointConfigName: endpointConfigName,
  Tags: tagList.optional(),
  DeploymentConfig: unsupported('leave it out: it changes nothing at creation'),
});

/** Seconds. The reference (section 4.4) names 480 for start-up; the other two are our choice. */
const DEFAULT_TIMEOUTS = { provision: 900, download: 900, startup: 480 };

/** Reference section 2.5. The reconciler does the work; the status tells how far it is. */
export const createEndpoint = operation('CreateEndpoint', input, async (given, services) => {
  const { config, table, clock, newId, wake } = services;
  const { EndpointName, EndpointConfigName } = given;
  const EndpointArn = arnOf(config, 'endpoint', EndpointName);
  const alreadyExists = () =>
    new ValidationException(`Cannot create already existing endpoint "${EndpointArn}".`);

  if (await table.get(keyOf('endpoint', EndpointName))) throw alreadyExists();
  const { variants } = await findEndpointConfig(table, config, EndpointConfigName);
  const now = clock.now();
  const generation = newId();

  // The deployment first: an endpoint is never seen without what it is to run. Should we die in
  // between, the sweep removes the deployment that no endpoint names.
  await table.create<DeploymentRecord>({
    ...deploymentKey(EndpointName, generation),
    kind: 'deployment',
    name: EndpointName,
    created: creationSortKey(now, EndpointName),
    creationTime: now,
    incarnation: generation,
    generation,
    variants: await Promise.all(variants.map((variant) => deployedVariant(variant, services))),
  });
  const common = newRecord('endpoint', EndpointName, now, newId(), toTagMap(given.Tags));
  const record = { ...common, endpointConfigName: EndpointConfigName, generation };
  const created = await table.create<EndpointRecord>(
    withStatus(
      { ...record, status: 'Creating', statusAndName: '', lastModifiedTime: now },
      'Creating',
      now,
    ),
  );
  if (!created) throw alreadyExists();
  await wake(EndpointName);
  return { EndpointArn };
});

async function deployedVariant(
  variant: ProductionVariant,
  { table, config }: Services,
): Promise<DeployedVariant> {
  const { definition } = await findModel(table, config, variant.ModelName);
  return {
    name: variant.VariantName,
    modelName: variant.ModelName,
    model: definition,
    instanceType: variant.InstanceType,
    instanceCount: variant.InitialInstanceCount,
    weight: variant.InitialVariantWeight ?? 1,
    routing: variant.RoutingConfig?.RoutingStrategy ?? 'RANDOM',
    provisionTimeoutSeconds:
      variant.VariantInstanceProvisionTimeoutInSeconds ?? DEFAULT_TIMEOUTS.provision,
    downloadTimeoutSeconds: variant.ModelDataDownloadTimeoutInSeconds ?? DEFAULT_TIMEOUTS.download,
    startupTimeoutSeconds:
      variant.ContainerStartupHealthCheckTimeoutInSeconds ?? DEFAULT_TIMEOUTS.startup,
  };
}
