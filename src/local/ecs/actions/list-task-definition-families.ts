import * as z from 'zod';
import { paginate } from '../../logs/index.ts';
import { action } from '../action.ts';
import { maxResults, nextToken } from '../inputs.ts';

/** INACTIVE means families without any ACTIVE revision. */
export const listTaskDefinitionFamilies = action(
  z.object({
    familyPrefix: z.string().default(''),
    status: z.enum(['ACTIVE', 'INACTIVE', 'ALL']).default('ALL'),
    maxResults,
    nextToken,
  }),
  ({ state }, input) => {
    const all = state.taskDefinitions
      .all()
      .filter((one) => one.status !== 'DELETE_IN_PROGRESS')
      .filter((one) => one.family.startsWith(input.familyPrefix));
    const active = new Set(all.filter((one) => one.status === 'ACTIVE').map((one) => one.family));
    const families = [...new Set(all.map((one) => one.family))].filter(
      (family) => input.status === 'ALL' || active.has(family) === (input.status === 'ACTIVE'),
    );
    const page = paginate(families, {
      keyOf: (family) => family,
      limit: input.maxResults,
      nextToken: input.nextToken,
    });
    return { families: page.items, nextToken: page.nextToken };
  },
);
