import {
  DescribeTasksCommand,
  type ECSClient,
  ListTaskDefinitionsCommand,
  paginateListTasks,
  type Task,
} from '@aws-sdk/client-ecs';
import { chunks } from '../aws/chunks.ts';

/** DescribeTasks takes a hundred ARNs. */
const TASKS_A_CALL = 100;

/**
 * Every task of a family, or of the cluster, that ECS still knows, the stopped ones too. Lists of ECS lag behind, so tasks
 * that are `known` by their ids are asked for by name: only ECS's own word that one is gone counts.
 */
export async function tasksOf(
  ecs: ECSClient,
  cluster: string,
  family: string | undefined,
  known: string[] = [],
): Promise<Task[]> {
  const lists = await Promise.all(
    (['RUNNING', 'STOPPED'] as const).map(async (desiredStatus) => {
      const ids: string[] = [];
      const pages = paginateListTasks({ client: ecs }, { cluster, family, desiredStatus });
      for await (const { taskArns = [] } of pages) ids.push(...taskArns.map(taskId));
      return ids;
    }),
  );
  const ids = [...new Set([...lists.flat(), ...known])];
  const calls = chunks(ids, TASKS_A_CALL).map((tasks) =>
    ecs.send(new DescribeTasksCommand({ cluster, tasks })),
  );
  return (await Promise.all(calls)).flatMap(({ tasks = [] }) => tasks);
}

/** The last part of a task's ARN: unique, and the same in both of ECS's forms of it. */
export function taskId(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
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
