import { arnOf } from '../aws/arn.ts';
import { operation } from '../protocol/operation.ts';
import { structure } from '../protocol/shape.ts';
import { listMembers, listRecords, sortByNameOrTime } from '../records/list-records.ts';
import { seconds } from '../records/named-record.ts';

const input = structure({ ...listMembers, SortBy: sortByNameOrTime });

/** Reference section 1.7. */
export const listModels = operation('ListModels', input, async (given, { config, table }) => {
  const { summaries, NextToken } = await listRecords(table, 'model', given);
  const Models = summaries.map(({ name, creationTime }) => ({
    ModelName: name,
    ModelArn: arnOf(config, 'model', name),
    CreationTime: seconds(creationTime),
  }));
  return { Models, NextToken };
});
