import type * as z from 'zod';
import { list, structure, text } from '../protocol/shape.ts';

const TAG_TEXT = '([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)';
export const MAX_TAGS = 50;

const tag = structure({
  Key: text({ min: 1, max: 128, pattern: TAG_TEXT }).refine(
    (key) => key !== '__proto__',
    'Tag key __proto__ cannot be kept',
  ),
  Value: text({ min: 0, max: 256, pattern: TAG_TEXT }),
});

/** 0..50 of Key 1..128, Value 0..256 (reference section 2.1). */
export const tagList = list(tag, { max: MAX_TAGS });
export const tagKeys = list(text({ min: 1, max: 128, pattern: TAG_TEXT }), { min: 1, max: 50 });

export type Tag = z.infer<typeof tag>;

/** Tags as a record keeps them: a later value of the same key wins. */
export function toTagMap(tags: Tag[] = []): Record<string, string> {
  return Object.fromEntries(tags.map((tag) => [tag.Key, tag.Value]));
}

export function toTagList(tags: Record<string, string>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
