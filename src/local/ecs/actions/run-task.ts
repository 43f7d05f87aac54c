import * as z from 'zod';
import { AwsError } from '../../logs/index.ts';
import { action } from '../action.ts';
import { lastPart } from '../arns.ts';
import { earlierResult, rememberResult } from '../client-token.ts';
import { capacityProviderStrategy, clusterName, tags } from '../inputs.ts';
import { requireActiveTaskDefinition, requireCluster } from '../lookups.ts';
import { epochSeconds, taskView } from '../views.ts';

export const runTask = action(
  z.looseObject({
    cluster: clusterName,
    taskDefinition: z.string(),
    count: z.int().min(1).max(10).default(1),
    group: z.string().optional(),
    startedBy: z.string().max(128).optional(),
    clientToken: z.string().max(64).optional(),
    launchType: z.string().optional(),
    capacityProviderStrategy,
    propagateTags: z.literal('TASK_DEFINITION').optional(),
    overrides: z
      .looseObject({
        taskRoleArn: z.string().optional(),
        containerOverrides: z
          .array(
            z.looseObject({
              name: z.string(),
              command: z.array(z.string()).optional(),
              environment: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
            }),
          )
          .optional(),
      })
      .default({}),
    tags,
  }),
  (ecs, input) => {
    const cluster = requireCluster(ecs, input.cluster);
    const definition = requireActiveTaskDefinition(ecs, input.taskDefinition);
    const view = (id: string) => {
      const task = ecs.state.tasks.get(id);
      return task === undefined
        ? []
        : [{ ...taskView(task, definition, epochSeconds), tags: task.tags }];
    };
    const mismatch = (): AwsError =>
      new AwsError('ConflictException', 'The clientToken was used with other parameters.');
    const earlier = earlierResult(ecs, 'RunTask', input, mismatch);
    if (earlier !== undefined) return { tasks: earlier.map(lastPart).flatMap(view), failures: [] };

    const names = definition.containerDefinitions.map(({ name }) => name);
    const unknown = input.overrides.containerOverrides?.find(({ name }) => !names.includes(name));
    if (unknown !== undefined) {
      throw new AwsError(
        'InvalidParameterException',
        `Override for container named ${unknown.name} is not a container in the TaskDefinition.`,
      );
    }
    const strategy =
      input.launchType === undefined && input.capacityProviderStrategy.length === 0
        ? cluster.defaultCapacityProviderStrategy
        : input.capacityProviderStrategy;
    const provider = strategy[0]?.capacityProvider;
    // Without a capacity provider a task that finds no room is not made at all.
    const placeable = provider === undefined ? Math.max(0, ecs.tasks.room()) : input.count;
    const count = Math.min(input.count, placeable);
    const tasks = Array.from({ length: count }, () =>
      ecs.tasks.launch({
        clusterArn: cluster.clusterArn,
        definition,
        group: input.group ?? `family:${definition.family}`,
        startedBy: input.startedBy,
        launchType: provider === undefined ? (input.launchType ?? 'EC2') : undefined,
        capacityProviderName: provider,
        overrides: input.overrides,
        tags: [...(input.propagateTags === undefined ? [] : definition.tags), ...input.tags],
      }),
    );
    if (count > 0) {
      rememberResult(
        ecs,
        'RunTask',
        input,
        tasks.map((task) => task.taskArn),
      );
    }
    return {
      tasks: tasks.flatMap(({ id }) => view(id)),
      failures: Array.from({ length: input.count - count }, () => ({ reason: 'RESOURCE:CPU' })),
    };
  },
);
