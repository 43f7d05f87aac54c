import {
  type CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  paginateDescribeLogGroups,
} from '@aws-sdk/client-cloudwatch-logs';
import { logGroupOf } from './fleet-name.ts';

export async function hasLogGroup(logs: CloudWatchLogsClient, endpoint: string): Promise<boolean> {
  const name = logGroupOf(endpoint);
  const { logGroups = [] } = await logs.send(
    new DescribeLogGroupsCommand({ logGroupNamePrefix: name, limit: 50 }),
  );
  return logGroups.some(({ logGroupName }) => logGroupName === name);
}

/** The endpoints that some log group claims to belong to. */
export async function* endpointsWithLogs(logs: CloudWatchLogsClient): AsyncGenerator<string> {
  const prefix = logGroupOf('');
  for await (const { logGroups = [] } of paginateDescribeLogGroups(
    { client: logs },
    { logGroupNamePrefix: prefix },
  )) {
    for (const { logGroupName = '' } of logGroups) yield logGroupName.slice(prefix.length);
  }
}
