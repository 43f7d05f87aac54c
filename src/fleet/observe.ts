import {
  DescribeServicesCommand,
  type ECSClient,
  paginateListTaskDefinitionFamilies,
  type Service,
} from '@aws-sdk/client-ecs';
import { chunks } from '../aws/chunks.ts';
import type { Config } from '../aws/config.ts';
import { type FleetName, familyOf, familyPrefix, fleetId, parseFamily } from './fleet-name.ts';
import { definitionsOf, tasksOf } from './observe-tasks.ts';
import { type ObservedFleet, observedTask } from './observed-fleet.ts';

/** DescribeServices takes ten names. */
const SERVICES_A_CALL = 10;

/** A fleet, and the tasks of it that are to be asked for by name. */
export interface KnownFleet {
  name: FleetName;
  tasks: string[];
}

/**
 * Every fleet of `endpoint` that ECS knows, of whatever generation. The task definition is made
 * before the service and removed after it, so the families name them all. `known` are there too,
 * whatever a list leaves out.
 */
export async function observeFleets(
  ecs: ECSClient,
  { cluster, stack }: Pick<Config, 'cluster' | 'stack'>,
  endpoint: string,
  known: KnownFleet[],
): Promise<ObservedFleet[]> {
  const listed = await fleetNames(ecs, stack, endpoint);
  const all = [...listed, ...known.map(({ name }) => name)];
  const names = [...new Map(all.map((name) => [fleetId(name), name])).values()];
  const families = names.map((name) => familyOf(stack, name));
  const services = await describeServices(ecs, cluster, families);
  const fleets = await Promise.all(
    names.map(async (name) => {
      const family = familyOf(stack, name);
      const [activeDefinitions, inactiveDefinitions, found] = await Promise.all([
        definitionsOf(ecs, family, 'ACTIVE'),
        definitionsOf(ecs, family, 'INACTIVE'),
        tasksOf(ecs, cluster, family, knownTasks(known, name)),
      ]);
      const service = observedService(services.find(({ serviceName }) => serviceName === family));
      const tasks = found.map(observedTask);
      return { name, activeDefinitions, inactiveDefinitions, service, tasks };
    }),
  );
  return fleets.filter(isThere);
}

function knownTasks(known: KnownFleet[], fleet: FleetName): string[] {
  return known.flatMap(({ name, tasks }) => (fleetId(name) === fleetId(fleet) ? tasks : []));
}

/** Stopped tasks are but a memory: ECS forgets them within the hour. */
function isThere({ activeDefinitions, inactiveDefinitions, service, tasks }: ObservedFleet) {
  const definitions = activeDefinitions.length + inactiveDefinitions.length;
  return definitions > 0 || service !== undefined || tasks.some(({ phase }) => phase !== 'stopped');
}

/** The names of all fleets of `endpoint`, or of every endpoint of the stack. */
export async function fleetNames(
  ecs: ECSClient,
  stack: string,
  endpoint?: string,
): Promise<FleetName[]> {
  const pages = paginateListTaskDefinitionFamilies(
    { client: ecs },
    { familyPrefix: familyPrefix(stack, endpoint), status: 'ALL' },
  );
  const names: FleetName[] = [];
  for await (const { families = [] } of pages) {
    for (const family of families) {
      const name = parseFamily(stack, family);
      if (name !== undefined) names.push(name);
    }
  }
  return names;
}

async function describeServices(
  ecs: ECSClient,
  cluster: string,
  names: string[],
): Promise<Service[]> {
  const calls = chunks(names, SERVICES_A_CALL).map((services) =>
    ecs.send(new DescribeServicesCommand({ cluster, services })),
  );
  return (await Promise.all(calls)).flatMap(({ services = [] }) => services);
}

function observedService(service: Service | undefined): ObservedFleet['service'] {
  const { status, desiredCount = 0 } = service ?? {};
  return status === 'ACTIVE' || status === 'DRAINING' ? { status, desiredCount } : undefined;
}
