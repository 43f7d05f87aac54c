import { type ECSClient, paginateListServices } from '@aws-sdk/client-ecs';
import type { Config } from '../aws/config.ts';

const SERVICES_A_CALL = 100;

/** The names of the cluster's services that are not gone. */
export async function* serviceNames(
  ecs: ECSClient,
  { cluster }: Pick<Config, 'cluster'>,
): AsyncGenerator<string> {
  const paging = { client: ecs, pageSize: SERVICES_A_CALL };
  for await (const { serviceArns = [] } of paginateListServices(paging, { cluster })) {
    for (const arn of serviceArns) yield arn.slice(arn.lastIndexOf('/') + 1);
  }
}
