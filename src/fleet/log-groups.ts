import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogGroupsCommand,
  PutRetentionPolicyCommand,
  paginateDescribeLogGroups,
  ResourceAlreadyExistsException,
} from '@aws-sdk/client-cloudwatch-logs';
import { tolerating } from '../aws/tolerating.ts';
import { logGroupOf } from './fleet-name.ts';

/** A place for the logs of tasks, which cannot start without one. May be done twice. */
export async function ensureLogGroup(
  logs: CloudWatchLogsClient,
  logGroupName: string,
  retentionInDays: number,
): Promise<void> {
  await tolerating(ResourceAlreadyExistsException, () =>
    logs.send(new CreateLogGroupCommand({ logGroupName })),
  );
  await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays }));
}

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
