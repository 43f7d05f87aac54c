import { ResourceLimitExceeded } from '../protocol/errors.ts';
import { operation } from '../protocol/operation.ts';
import { structure } from '../protocol/shape.ts';
import { changeRecord } from '../records/change-record.ts';
import { MAX_TAGS, tagList, toTagList, toTagMap } from './tag-shape.ts';
import { findTagged, resourceArn } from './tagged-resource.ts';

/** Reference section 2.10: a tag of the same key is overwritten. */
export const addTags = operation(
  'AddTags',
  structure({ ResourceArn: resourceArn, Tags: tagList }),
  async ({ ResourceArn, Tags }, { table, config }) => {
    const { tags } = await changeRecord(
      table,
      () => findTagged(table, config, ResourceArn),
      (record) => {
        const merged = { ...record.tags, ...toTagMap(Tags) };
        const count = Object.keys(merged).length;
        if (count > MAX_TAGS) {
          throw new ResourceLimitExceeded(
            `The resource would have ${count} tags; at most ${MAX_TAGS} are kept. Delete some first.`,
          );
        }
        return { ...record, tags: merged };
      },
    );
    return { Tags: toTagList(tags) };
  },
);
