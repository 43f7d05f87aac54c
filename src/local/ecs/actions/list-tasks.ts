import * as z from 'zod';
import { paginate } from '../../logs/index.ts';
import { action } from '../action.ts';
import { clusterName, maxResults, nextToken } from '../inputs.ts';
import { requireCluster, requireService } from '../lookups.ts';
import type { TaskRecord } from '../records.ts';

export const listTasks = action(
  z.object({
    cluster: clusterName,
    family: z.string().optional(),
    serviceName: z.string().optional(),
    startedBy: z.string().optional(),
    launchType: z.string().optional(),
    /** What ECS wants of the task, not its last status. ECS never wants PENDING. */
    desiredStatus: z.enum(['RUNNING', 'PENDING', 'STOPPED']).default('RUNNING'),
    maxResults,
    nextToken,
  }),
  (ecs, input) => {
    const cluster = requireCluster(ecs, input.cluster);
    const service =
      input.serviceName === undefined ? undefined : requireService(ecs, cluster, input.serviceName);
    const matches = (task: TaskRecord): boolean =>
      task.clusterArn === cluster.clusterArn &&
      task.desiredStatus === input.desiredStatus &&
      (service === undefined || task.serviceArn === service.serviceArn) &&
      (input.startedBy === undefined || task.startedBy === input.startedBy) &&
      (input.launchType === undefined || task.launchType === input.launchType) &&
      (input.family === undefined ||
        task.taskDefinitionArn.includes(`:task-definition/${input.family}:`));
    const arns = ecs.state.tasks
      .all()
      .filter(matches)
      .map((task) => task.taskArn);
    const page = paginate(arns, {
      keyOf: (arn) => arn,
      limit: input.maxResults,
      nextToken: input.nextToken,
    });
    return { taskArns: page.items, nextToken: page.nextToken };
  },
);
