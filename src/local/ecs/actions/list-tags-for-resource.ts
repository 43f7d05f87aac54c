import * as z from 'zod';
import { action } from '../action.ts';
import { requireTagged } from '../tagged.ts';

export const listTagsForResource = action(z.object({ resourceArn: z.string() }), (ecs, input) => ({
  tags: requireTagged(ecs, input.resourceArn).tags,
}));
