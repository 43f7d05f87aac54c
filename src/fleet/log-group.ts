import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  PutRetentionPolicyCommand,
  ResourceAlreadyExistsException,
} from '@aws-sdk/client-cloudwatch-logs';
import { tolerating } from '../aws/tolerating.ts';

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
