import * as z from 'zod';
import { action } from '../action.ts';
import { findTaskDefinition } from '../lookups.ts';
import { taskDefinitionView } from '../views.ts';

/** Only INACTIVE revisions; they are shown as DELETE_IN_PROGRESS until nothing uses them. */
export const deleteTaskDefinitions = action(
  z.object({ taskDefinitions: z.array(z.string()).min(1).max(10) }),
  (ecs, input) => {
    const failures: { arn: string; reason: string }[] = [];
    const deleted = input.taskDefinitions.flatMap((reference) => {
      const definition = findTaskDefinition(ecs, reference);
      if (definition === undefined) {
        const reason =
          'The specified task definition does not exist. Specify a valid account, family, revision and try again.';
        failures.push({ arn: reference, reason });
        return [];
      }
      if (definition.status === 'ACTIVE') {
        const reason =
          'The specified task definition is still in ACTIVE status. Please deregister the target and try again.';
        failures.push({ arn: definition.taskDefinitionArn, reason });
        return [];
      }
      const going = { ...definition, status: 'DELETE_IN_PROGRESS' as const };
      ecs.state.taskDefinitions.put(going.taskDefinitionArn, going);
      return [taskDefinitionView(going)];
    });
    return { taskDefinitions: deleted, failures };
  },
);
