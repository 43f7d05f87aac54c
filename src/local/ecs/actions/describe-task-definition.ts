import * as z from 'zod';
import { AwsError } from '../../logs/index.ts';
import { action } from '../action.ts';
import { include } from '../inputs.ts';
import { findTaskDefinition } from '../lookups.ts';
import { taskDefinitionView } from '../views.ts';

export const describeTaskDefinition = action(
  z.object({ taskDefinition: z.string(), include }),
  (ecs, input) => {
    const definition = findTaskDefinition(ecs, input.taskDefinition);
    if (definition === undefined) {
      throw new AwsError('ClientException', 'Unable to describe task definition.');
    }
    return {
      taskDefinition: taskDefinitionView(definition),
      tags: input.include.includes('TAGS') ? definition.tags : [],
    };
  },
);
