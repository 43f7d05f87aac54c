import { operation } from '../protocol/operation.ts';
import { structure } from '../protocol/shape.ts';
import { changeRecord } from '../records/change-record.ts';
import { tagKeys } from './tag-shape.ts';
import { findTagged, resourceArn } from './tagged-resource.ts';

/** Reference section 2.10: keys that are not there are no error. */
export const deleteTags = operation(
  'DeleteTags',
  structure({ ResourceArn: resourceArn, TagKeys: tagKeys }),
  async ({ ResourceArn, TagKeys }, { table, config }) => {
    const doomed = new Set(TagKeys);
    await changeRecord(
      table,
      () => findTagged(table, config, ResourceArn),
      (record) => ({
        ...record,
        tags: Object.fromEntries(Object.entries(record.tags).filter(([key]) => !doomed.has(key))),
      }),
    );
    return {};
  },
);
