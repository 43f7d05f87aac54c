import {
  type CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  paginateDescribeLogGroups,
} from '@aws-sdk/client-cloudwatch-logs';
import { logGroupOf } from './fleet-name.ts';

export async function hasLogGroup(
  logs: CloudWatchLogsClient,
  stack: string,
  endpoint: string,
): Promise<boolean> {
  const name = logGroupOf(stack, endpoint);
  const { logGroups = [] } = await logs.send(
    new DescribeLogGroupsCommand({ logGroupNamePrefix: name, limit: 50 }),
  );
  return logGroups.some(({ logGroupName }) => logGroupName === name);
}

/** The endpoints that some log group of the stack claims to belong to. */
export async function* endpointsWithLogs(
  logs: CloudWatchLogsClient,
  stack: string,
): AsyncGenerator<string> {
  const prefix = logGroupOf(stack, '');
  for await (const { logGroups = [] } of paginateDescribeLogGroups(
    { client: logs },
    { logGroupNamePrefix: prefix },
  )) {
    for (const { logGroupName = '' } of logGroups) yield logGroupName.slice(prefix.length);
  }
}
