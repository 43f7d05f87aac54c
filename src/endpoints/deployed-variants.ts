import type { EndpointConfigRecord } from '../endpoint-configs/endpoint-config-record.ts';
import type { DeployedVariant } from '../fleet/deployed-variant.ts';
import { findModel } from '../models/model-record.ts';
import { ValidationException } from '../protocol/errors.ts';
import type { Services } from '../protocol/operation.ts';
import { creationSortKey } from '../records/named-record.ts';
import { type DeploymentRecord, deploymentKey } from './endpoint-record.ts';

/** Seconds. The reference (section 4.4) names 480 for start-up; the other two are our choice. */
const DEFAULT_TIMEOUTS = { provision: 900, download: 900, startup: 480 };

/** A DynamoDB item holds 400 KB; the keys and what else belongs to it need little. */
const MOST_BYTES = 380_000;

/** The variants of a configuration with a copy of their models. @throws `Could not find model …` */
export function deployedVariants(
  { variants, dataCapture }: Pick<EndpointConfigRecord, 'variants' | 'dataCapture'>,
  { table, config }: Services,
): Promise<DeployedVariant[]> {
  return Promise.all(
    variants.map(async (variant) => {
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
        downloadTimeoutSeconds:
          variant.ModelDataDownloadTimeoutInSeconds ?? DEFAULT_TIMEOUTS.download,
        startupTimeoutSeconds:
          variant.ContainerStartupHealthCheckTimeoutInSeconds ?? DEFAULT_TIMEOUTS.startup,
        invocationTimeoutSeconds: variant.InvocationTimeoutInSeconds,
        maxPayloadInMB: variant.MaxPayloadInMB,
        dataCapture,
      };
    }),
  );
}

/**
 * Writes a new deployment and returns the name of its generation. It comes before the record that
 * names it: an endpoint is never seen without what it is to run. Should we die in between, the sweep
 * removes the deployment that no endpoint names.
 * @throws ValidationException when it is larger than a DynamoDB item may be
 */
export async function createDeployment(
  endpoint: string,
  variants: DeployedVariant[],
  { table, clock, newId }: Services,
): Promise<string> {
  const bytes = Buffer.byteLength(JSON.stringify(variants));
  if (bytes > MOST_BYTES) {
    throw new ValidationException(
      `The models of all variants together are ${bytes} bytes; an endpoint holds at most ${MOST_BYTES}. Use fewer variants, or keep long Environment values in the model data.`,
    );
  }
  const now = clock.now();
  const generation = newId();
  await table.create<DeploymentRecord>({
    ...deploymentKey(endpoint, generation),
    kind: 'deployment',
    name: endpoint,
    created: creationSortKey(now, endpoint),
    creationTime: now,
    incarnation: generation,
    generation,
    variants,
  });
  return generation;
}
