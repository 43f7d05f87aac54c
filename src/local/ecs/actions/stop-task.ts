import * as z from 'zod';
import { AwsError } from '../../logs/index.ts';
import { action } from '../action.ts';
import { clusterName } from '../inputs.ts';
import { findTask, requireCluster } from '../lookups.ts';
import { epochSeconds, taskView } from '../views.ts';

export const stopTask = action(
  z.object({ cluster: clusterName, task: z.string(), reason: z.string().max(1024).optional() }),
  (ecs, input) => {
    const cluster = requireCluster(ecs, input.cluster);
    const task = findTask(ecs, cluster, input.task);
    if (task === undefined) {
      throw new AwsError('InvalidParameterException', 'The referenced task was not found.');
    }
    ecs.tasks.stop(task.id, 'UserInitiated', input.reason ?? 'Task stopped by user');
    const stopping = ecs.state.tasks.get(task.id) ?? task;
    const definition = ecs.state.taskDefinitions.get(task.taskDefinitionArn);
    return { task: { ...taskView(stopping, definition, epochSeconds), tags: task.tags } };
  },
);
