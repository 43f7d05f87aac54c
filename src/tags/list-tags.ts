import { ValidationException } from '../protocol/errors.ts';
import { operation } from '../protocol/operation.ts';
import { structure, text, whole } from '../protocol/shape.ts';
import { toTagList } from './tag-shape.ts';
import { findTagged, resourceArn } from './tagged-resource.ts';

const input = structure({
  ResourceArn: resourceArn,
  NextToken: text({ max: 8192, pattern: '.*' }).optional(),
  MaxResults: whole({ min: 50 }).optional(),
});

/** Reference section 1.7. A resource has at most 50 tags and a page at least 50: one page holds all. */
export const listTags = operation('ListTags', input, async (given, { table, config }) => {
  if (given.NextToken !== undefined) {
    throw new ValidationException(
      'Invalid pagination token because "ListTags answers in one page". Leave NextToken out.',
    );
  }
  const { tags } = await findTagged(table, config, given.ResourceArn);
  return { Tags: toTagList(tags) };
});
