import * as z from 'zod';
import { AwsError } from '../../logs/index.ts';
import { action } from '../action.ts';
import { findTaskDefinition } from '../lookups.ts';
import { taskDefinitionView } from '../views.ts';

/** Running tasks and services go on; nothing new starts from an INACTIVE revision. */
export const deregisterTaskDefinition = action(
  z.object({ taskDefinition: z.string() }),
  (ecs, input) => {
    const definition = findTaskDefinition(ecs, input.taskDefinition);
    if (definition === undefined) {
      throw new AwsError('ClientException', 'The specified task definition does not exist.');
    }
    const deregistered =
      definition.status === 'ACTIVE'
        ? {
            ...definition,
            status: 'INACTIVE' as const,
            deregisteredAt: ecs.options.clock.now(),
          }
        : definition;
    ecs.state.taskDefinitions.put(definition.taskDefinitionArn, deregistered);
    return { taskDefinition: taskDefinitionView(deregistered) };
  },
);
