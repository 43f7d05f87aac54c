import { paginateListTaskDefinitionFamilies } from '@aws-sdk/client-ecs';
import type { World } from '../endpoints/perform.ts';
import { wakeAll } from '../endpoints/wake.ts';
import { namesWithStatus } from '../records/list-records.ts';
import { jobFamilyPrefix, parseJobFamily } from './job-fleet.ts';
import { transformWakeMessage } from './wake-message.ts';

/**
 * Finds what a lost message left: every job that has not ended, and every job of which something is
 * left in ECS, is looked at once. Jobs are for ever; those that have ended are not looked at.
 */
export async function sweepJobs({ config, clients, table }: World): Promise<number> {
  const names = new Set<string>();
  for (const status of ['InProgress', 'Stopping']) {
    for await (const name of namesWithStatus(table, 'transform-job', status)) names.add(name);
  }
  const pages = paginateListTaskDefinitionFamilies(
    { client: clients.ecs },
    { familyPrefix: jobFamilyPrefix(config.stack), status: 'ALL' },
  );
  for await (const { families = [] } of pages) {
    for (const family of families) {
      const job = parseJobFamily(config.stack, family);
      if (job !== undefined) names.add(job.name);
    }
  }
  await wakeAll(clients.sqs, config.queueUrl, [...names].map(transformWakeMessage));
  return names.size;
}
