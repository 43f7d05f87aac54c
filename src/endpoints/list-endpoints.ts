import { arnOf } from '../aws/arn.ts';
import { operation } from '../protocol/operation.ts';
import { oneOf, structure } from '../protocol/shape.ts';
import { listRecords, statusListMembers } from '../records/list-records.ts';
import { seconds } from '../records/named-record.ts';

const ENDPOINT_STATUS = oneOf([
  'OutOfService',
  'Creating',
  'Updating',
  'SystemUpdating',
  'RollingBack',
  'InService',
  'Deleting',
  'Failed',
  'UpdateRollbackFailed',
]);

const input = structure({ ...statusListMembers, StatusEquals: ENDPOINT_STATUS.optional() });

/** Reference section 1.7. */
export const listEndpoints = operation('ListEndpoints', input, async (given, { config, table }) => {
  const { summaries, NextToken } = await listRecords(table, 'endpoint', given);
  const Endpoints = summaries.map(({ name, creationTime, lastModifiedTime, status }) => ({
    EndpointName: name,
    EndpointArn: arnOf(config, 'endpoint', name),
    CreationTime: seconds(creationTime),
    LastModifiedTime: seconds(lastModifiedTime ?? creationTime),
    EndpointStatus: status,
  }));
  return { Endpoints, NextToken };
});
