import * as z from 'zod';
import { paginate } from '../../logs/index.ts';
import { action } from '../action.ts';
import { maxResults, nextToken } from '../inputs.ts';
import type { TaskDefinitionRecord } from '../records.ts';

export const listTaskDefinitions = action(
  z.object({
    /** Despite its name, ECS wants the whole family name. */
    familyPrefix: z.string().optional(),
    status: z.enum(['ACTIVE', 'INACTIVE', 'DELETE_IN_PROGRESS']).default('ACTIVE'),
    sort: z.enum(['ASC', 'DESC']).default('ASC'),
    maxResults,
    nextToken,
  }),
  ({ state }, input) => {
    const matching = state.taskDefinitions
      .all()
      .filter((one) => one.status === input.status)
      .filter((one) => input.familyPrefix === undefined || one.family === input.familyPrefix);
    const page = paginate(matching, {
      keyOf: sortKey,
      limit: input.maxResults,
      nextToken: input.nextToken,
      descending: input.sort === 'DESC',
    });
    return {
      taskDefinitionArns: page.items.map((one) => one.taskDefinitionArn),
      nextToken: page.nextToken,
    };
  },
);

/** By family, then by revision as a number. */
function sortKey({ family, revision }: TaskDefinitionRecord): string {
  return `${family}:${String(revision).padStart(10, '0')}`;
}
