import { operation } from '../protocol/operation.ts';
import { structure } from '../protocol/shape.ts';
import { listMembers, listRecords, sortByNameOrTime } from '../records/list-records.ts';
import { seconds } from '../records/named-record.ts';

const input = structure({ ...listMembers, SortBy: sortByNameOrTime });

export const listTransformTriggers = operation(
  'ListTransformTriggers',
  input,
  async (given, { table }) => {
    const { summaries, NextToken } = await listRecords(table, 'transform-trigger', given);
    const TransformTriggers = summaries.map(({ name, creationTime }) => ({
      TransformTriggerName: name,
      CreationTime: seconds(creationTime),
    }));
    return { TransformTriggers, NextToken };
  },
);
