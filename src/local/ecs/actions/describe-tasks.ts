import * as z from 'zod';
import { action } from '../action.ts';
import { lastPart } from '../arns.ts';
import { clusterName, include } from '../inputs.ts';
import { findTask, requireCluster } from '../lookups.ts';
import { epochSeconds, taskView } from '../views.ts';

export const describeTasks = action(
  z.object({ cluster: clusterName, tasks: z.array(z.string()).min(1).max(100), include }),
  (ecs, input) => {
    const cluster = requireCluster(ecs, input.cluster);
    const found = input.tasks.flatMap((name) => findTask(ecs, cluster, name) ?? []);
    return {
      tasks: found.map((task) => ({
        ...taskView(task, ecs.state.taskDefinitions.get(task.taskDefinitionArn), epochSeconds),
        tags: input.include.includes('TAGS') ? task.tags : [],
      })),
      failures: input.tasks
        .filter((name) => findTask(ecs, cluster, name) === undefined)
        .map((name) => ({
          arn: ecs.options.arns.task(cluster.clusterName, lastPart(name)),
          reason: 'MISSING',
        })),
    };
  },
);
