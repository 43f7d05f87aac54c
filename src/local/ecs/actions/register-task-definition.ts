import { action } from '../action.ts';
import { tags } from '../inputs.ts';
import { checkReferences, taskDefinitionFields } from '../task-definition.ts';
import { taskDefinitionView } from '../views.ts';

export const registerTaskDefinition = action(
  taskDefinitionFields.extend({ tags }),
  ({ options, state }, input) => {
    checkReferences(input);
    const revision = (state.revisions.get(input.family) ?? 0) + 1;
    // First the number: a crash in between costs a revision, never gives one out twice.
    state.revisions.put(input.family, revision);
    const definition = {
      ...input,
      containerDefinitions: input.containerDefinitions.map((container) => ({
        ...container,
        portMappings: container.portMappings.map((mapping) =>
          input.networkMode === 'awsvpc'
            ? { hostPort: mapping.containerPort, ...mapping }
            : mapping,
        ),
      })),
      taskDefinitionArn: options.arns.taskDefinition(input.family, revision),
      revision,
      status: 'ACTIVE' as const,
      registeredAt: options.clock.now(),
    };
    state.taskDefinitions.put(definition.taskDefinitionArn, definition);
    return { taskDefinition: taskDefinitionView(definition), tags: input.tags };
  },
);
