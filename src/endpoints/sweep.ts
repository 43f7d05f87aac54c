import { fleetId, parseFamily } from '../fleet/fleet-name.ts';
import { serviceNames } from '../fleet/list-services.ts';
import { endpointsWithLogs } from '../fleet/log-groups.ts';
import { fleetNames } from '../fleet/observe.ts';
import { allNames } from '../records/list-records.ts';
import type { World } from './perform.ts';
import { wakeAll } from './wake.ts';
import { wakeMessage } from './wake-message.ts';

/**
 * Finds what a lost message left: every endpoint that is recorded, every name that a deployment
 * bears, and every endpoint that a fleet in ECS or a log group claims to belong to, is looked at once.
 * A service that has lost its task definitions is told by name: they are what fleets are found by.
 */
export async function sweep(world: World): Promise<number> {
  const { config, clients, table } = world;
  const names = new Set<string>();
  for (const kind of ['endpoint', 'deployment'] as const) {
    for await (const name of allNames(table, kind)) names.add(name);
  }
  const fleets = await fleetNames(clients.ecs, config.stack);
  for (const { endpoint } of fleets) names.add(endpoint);
  for await (const endpoint of endpointsWithLogs(clients.logs, config.stack)) names.add(endpoint);
  const messages = [...names].map((name) => wakeMessage(name));
  await wakeAll(clients.sqs, config.queueUrl, messages);
  await wakeStrays(new Set(fleets.map(fleetId)), world);
  return names.size;
}

async function wakeStrays(known: Set<string>, { config, clients }: World): Promise<void> {
  const messages: string[] = [];
  for await (const service of serviceNames(clients.ecs, config)) {
    const fleet = parseFamily(config.stack, service);
    if (fleet !== undefined && !known.has(fleetId(fleet))) {
      messages.push(wakeMessage(fleet.endpoint, service));
    }
  }
  await wakeAll(clients.sqs, config.queueUrl, messages);
}
