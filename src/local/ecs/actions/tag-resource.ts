import * as z from 'zod';
import { AwsError } from '../../logs/index.ts';
import { action } from '../action.ts';
import { tags } from '../inputs.ts';
import { requireTagged } from '../tagged.ts';

const MOST_TAGS = 50;

export const tagResource = action(
  z.object({ resourceArn: z.string(), tags: tags.unwrap() }),
  (ecs, input) => {
    const resource = requireTagged(ecs, input.resourceArn);
    const keys = new Set(input.tags.map(({ key }) => key));
    const merged = [...resource.tags.filter(({ key }) => !keys.has(key)), ...input.tags];
    if (merged.length > MOST_TAGS) {
      throw new AwsError(
        'InvalidParameterException',
        `A resource has at most ${MOST_TAGS} tags; this would make ${merged.length}.`,
      );
    }
    resource.setTags(merged);
    return {};
  },
);
