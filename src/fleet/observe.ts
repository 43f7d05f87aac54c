import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
  paginateListTaskDefinitionFamilies,
  type Service,
} from '@aws-sdk/client-ecs';
import { type FleetName, familyOf, familyPrefix, parseFamily } from './fleet-name.ts';
import { type ObservedFleet, observedTask } from './observed-fleet.ts';

/** DescribeServices takes ten names, DescribeTasks a hundred ARNs. */
const SERVICES_A_CALL = 10;
const TASKS_A_CALL = 100;

/**
 * Every fleet of `endpoint` that ECS knows, of whatever generation. The task definition is made
 * before the service and removed after it, so the families name them all.
 */
export async function observeFleets(
  ecs: ECSClient,
  cluster: string,
  endpoint: string,
): Promise<ObservedFleet[]> {
  const names = await fleetNames(ecs, endpoint);
  const services = await describeServices(ecs, cluster, names.map(familyOf));
  const fleets = await Promise.all(
    names.map(async (name) => {
      const family = familyOf(name);
      const [activeDefinitions, inactiveDefinitions, tasks] = await Promise.all([
        listDefinitions(ecs, family, 'ACTIVE'),
        listDefinitions(ecs, family, 'INACTIVE'),
        observeTasks(ecs, cluster, family),
      ]);
      const service = observedService(services.find(({ serviceName }) => serviceName === family));
      return { name, activeDefinitions, inactiveDefinitions, service, tasks };
    }),
  );
  return fleets.filter(isThere);
}

/** Stopped tasks are but a memory: ECS forgets them within the hour. */
function isThere({ activeDefinitions, inactiveDefinitions, service, tasks }: ObservedFleet) {
  const definitions = activeDefinitions.length + inactiveDefinitions.length;
  return definitions > 0 || service !== undefined || tasks.some(({ phase }) => phase !== 'stopped');
}

/** The names of all fleets of `endpoint`, or of every endpoint. */
export async function fleetNames(ecs: ECSClient, endpoint?: string): Promise<FleetName[]> {
  const pages = paginateListTaskDefinitionFamilies(
    { client: ecs },
    { familyPrefix: familyPrefix(endpoint), status: 'ALL' },
  );
  const names: FleetName[] = [];
  for await (const { families = [] } of pages) {
    for (const family of families) {
      const name = parseFamily(family);
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

async function listDefinitions(ecs: ECSClient, family: string, status: 'ACTIVE' | 'INACTIVE') {
  const { taskDefinitionArns = [] } = await ecs.send(
    new ListTaskDefinitionsCommand({ familyPrefix: family, status, sort: 'DESC' }),
  );
  return taskDefinitionArns;
}

async function observeTasks(ecs: ECSClient, cluster: string, family: string) {
  const lists = await Promise.all(
    (['RUNNING', 'STOPPED'] as const).map((desiredStatus) =>
      ecs.send(new ListTasksCommand({ cluster, family, desiredStatus })),
    ),
  );
  const arns = lists.flatMap(({ taskArns = [] }) => taskArns);
  const calls = chunks(arns, TASKS_A_CALL).map((tasks) =>
    ecs.send(new DescribeTasksCommand({ cluster, tasks })),
  );
  return (await Promise.all(calls)).flatMap(({ tasks = [] }) => tasks.map(observedTask));
}

function chunks<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, position) =>
    items.slice(position * size, (position + 1) * size),
  );
}
