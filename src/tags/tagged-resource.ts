import { arnOf, type ResourceKind } from '../aws/arn.ts';
import type { Config } from '../aws/config.ts';
import type { Table } from '../aws/table.ts';
import { findEndpointConfig } from '../endpoint-configs/endpoint-config-record.ts';
import { findEndpoint } from '../endpoints/endpoint-record.ts';
import { findModel } from '../models/model-record.ts';
import { ValidationException } from '../protocol/errors.ts';
import { text } from '../protocol/shape.ts';
import type { NamedRecord } from '../records/named-record.ts';
import { findTransformJob } from '../transforms/transform-job-record.ts';

/** Reference section 2.10. */
export const resourceArn = text({
  max: 256,
  pattern: 'arn:aws[a-z-]*:sagemaker:[a-z0-9-]*:[0-9]{12}:.+',
});

type Finder = (table: Table, config: Config, name: string) => Promise<NamedRecord>;

const FINDERS: Record<ResourceKind, Finder> = {
  model: findModel,
  'endpoint-config': findEndpointConfig,
  endpoint: findEndpoint,
  'transform-job': findTransformJob,
};

/**
 * The record behind an ARN of this account and region.
 * @throws ValidationException when there is none
 */
export async function findTagged(table: Table, config: Config, arn: string): Promise<NamedRecord> {
  for (const kind of Object.keys(FINDERS) as ResourceKind[]) {
    const prefix = arnOf(config, kind, '');
    if (arn.startsWith(prefix)) return FINDERS[kind](table, config, arn.slice(prefix.length));
  }
  throw new ValidationException(
    `Could not find a resource "${arn}". Tags are kept for models, endpoint configurations, endpoints and transform jobs of account ${config.account} in ${config.region}.`,
  );
}
