import type { ECSClient } from '@aws-sdk/client-ecs';
import type { Config } from '../aws/config.ts';
import type { Table } from '../aws/table.ts';
import { type ShareItem, shareKey } from '../batch/work-items.ts';
import { definitionsOf, tasksOf } from '../fleet/observe-tasks.ts';
import { observedTask } from '../fleet/observed-fleet.ts';
import { jobFamily, parseStartedBy } from './job-fleet.ts';
import type { ObservedJob, ShareTask } from './plan.ts';
import type { TransformJobRecord } from './transform-job-record.ts';

/** What ECS shows of a job, and then what its workers wrote: in this order, see `plan`. */
export async function observeJob(
  ecs: ECSClient,
  { cluster, stack }: Pick<Config, 'cluster' | 'stack'>,
  table: Table,
  job: TransformJobRecord,
): Promise<ObservedJob> {
  const family = jobFamily(stack, job);
  const [activeDefinitions, inactiveDefinitions, found] = await Promise.all([
    definitionsOf(ecs, family, 'ACTIVE'),
    definitionsOf(ecs, family, 'INACTIVE'),
    tasksOf(ecs, cluster, family),
  ]);
  const tasks = found.flatMap((task): ShareTask[] => {
    const attempt = parseStartedBy(task.startedBy);
    return attempt === undefined ? [] : [{ ...attempt, task: observedTask(task) }];
  });
  const shares = await readShares(table, job);
  return { activeDefinitions, inactiveDefinitions, tasks, shares };
}

/** The shares that a worker has begun, in order. */
export async function readShares(table: Table, job: TransformJobRecord): Promise<ShareItem[]> {
  const count = job.request.TransformResources.InstanceCount;
  const items = await Promise.all(
    Array.from({ length: count }, (_, share) =>
      table.get<ShareItem>(shareKey(job.name, job.generation, share)),
    ),
  );
  return items.filter((item) => item !== undefined);
}
