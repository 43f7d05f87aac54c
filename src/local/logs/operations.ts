import type { Action } from './action.ts';
import { createLogGroup } from './actions/create-log-group.ts';
import { deleteLogGroup } from './actions/delete-log-group.ts';
import { describeLogGroups } from './actions/describe-log-groups.ts';
import { describeLogStreams } from './actions/describe-log-streams.ts';
import { filterLogEvents } from './actions/filter-log-events.ts';
import { getLogEvents } from './actions/get-log-events.ts';
import { putRetentionPolicy } from './actions/put-retention-policy.ts';
import type { LogsContext } from './logs-context.ts';

/** What stands before the operation in `X-Amz-Target`. */
export const LOGS_TARGET = 'Logs_20140328';

export const logsOperations: Readonly<Record<string, Action<LogsContext>>> = {
  CreateLogGroup: createLogGroup,
  PutRetentionPolicy: putRetentionPolicy,
  DescribeLogGroups: describeLogGroups,
  DescribeLogStreams: describeLogStreams,
  GetLogEvents: getLogEvents,
  FilterLogEvents: filterLogEvents,
  DeleteLogGroup: deleteLogGroup,
};
