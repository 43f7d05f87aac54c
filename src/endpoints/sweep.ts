import { endpointsWithLogs } from '../fleet/log-groups.ts';
import { fleetNames } from '../fleet/observe.ts';
import { allNames } from '../records/list-records.ts';
import type { World } from './perform.ts';
import { wakeAll } from './wake.ts';

/**
 * Finds what a lost message left: every endpoint that is recorded, every name that a deployment
 * bears, and every endpoint that a fleet in ECS or a log group claims to belong to, is looked at once.
 */
export async function sweep({ config, clients, table }: World): Promise<number> {
  const names = new Set<string>();
  for (const kind of ['endpoint', 'deployment'] as const) {
    for await (const name of allNames(table, kind)) names.add(name);
  }
  for (const { endpoint } of await fleetNames(clients.ecs, config.stack)) names.add(endpoint);
  for await (const endpoint of endpointsWithLogs(clients.logs, config.stack)) names.add(endpoint);
  await wakeAll(clients.sqs, config.queueUrl, [...names]);
  return names.size;
}
