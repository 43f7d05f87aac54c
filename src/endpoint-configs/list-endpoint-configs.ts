import { arnOf } from '../aws/arn.ts';
import { operation } from '../protocol/operation.ts';
import { structure } from '../protocol/shape.ts';
import { listMembers, listRecords, sortByNameOrTime } from '../records/list-records.ts';
import { seconds } from '../records/named-record.ts';

const input = structure({ ...listMembers, SortBy: sortByNameOrTime });

/** Reference section 1.7. */
export const listEndpointConfigs = operation(
  'ListEndpointConfigs',
  input,
  async (given, { config, table }) => {
    const { summaries, NextToken } = await listRecords(table, 'endpoint-config', given);
    const EndpointConfigs = summaries.map(({ name, creationTime }) => ({
      EndpointConfigName: name,
      EndpointConfigArn: arnOf(config, 'endpoint-config', name),
      CreationTime: seconds(creationTime),
    }));
    return { EndpointConfigs, NextToken };
  },
);
