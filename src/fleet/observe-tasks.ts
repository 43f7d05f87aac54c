import {
  DescribeTasksCommand,
  type ECSClient,
  ListTaskDefinitionsCommand,
  paginateListTasks,
  type Task,
} from '@aws-sdk/client-ecs';

/** DescribeTasks takes a hundred ARNs. */
const TASKS_A_CALL = 100;

/** Every task of a family that ECS still knows, the stopped ones too. */
export async function tasksOf(ecs: ECSClient, cluster: string, family: string): Promise<Task[]> {
  const lists = await Promise.all(
    (['RUNNING', 'STOPPED'] as const).map(async (desiredStatus) => {
      const arns: string[] = [];
      const pages = paginateListTasks({ client: ecs }, { cluster, family, desiredStatus });
      for await (const { taskArns = [] } of pages) arns.push(...taskArns);
      return arns;
    }),
  );
  const calls = chunks(lists.flat(), TASKS_A_CALL).map((tasks) =>
    ecs.send(new DescribeTasksCommand({ cluster, tasks })),
  );
  return (await Promise.all(calls)).flatMap(({ tasks = [] }) => tasks);
}

/** ARNs of a family's task definitions, newest first. */
export async function definitionsOf(
  ecs: ECSClient,
  family: string,
  status: 'ACTIVE' | 'INACTIVE',
): Promise<string[]> {
  const { taskDefinitionArns = [] } = await ecs.send(
    new ListTaskDefinitionsCommand({ familyPrefix: family, status, sort: 'DESC' }),
  );
  return taskDefinitionArns;
}

export function chunks<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, position) =>
    items.slice(position * size, (position + 1) * size),
  );
}
