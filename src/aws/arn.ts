import type { Config } from './config.ts';

export type ResourceKind = 'model' | 'endpoint-config' | 'endpoint' | 'transform-job';

/** `arn:aws:sagemaker:{region}:{account}:{kind}/{name}` (reference section 2.1); the case stays. */
export function arnOf(
  config: Pick<Config, 'partition' | 'region' | 'account'>,
  kind: ResourceKind,
  name: string,
): string {
  return `arn:${config.partition}:sagemaker:${config.region}:${config.account}:${kind}/${name}`;
}
