import type { CloudWatchAction } from './action.ts';
import { deleteAlarms } from './actions/delete-alarms.ts';
import { describeAlarms } from './actions/describe-alarms.ts';
import { getMetricStatistics } from './actions/get-metric-statistics.ts';
import { listMetrics } from './actions/list-metrics.ts';
import { putMetricAlarm } from './actions/put-metric-alarm.ts';
import { putMetricData } from './actions/put-metric-data.ts';
import { setAlarmState } from './actions/set-alarm-state.ts';

/** What stands before the operation in `X-Amz-Target`, and in the path of RPC v2. */
export const CLOUDWATCH_TARGET = 'GraniteServiceVersion20100801';

export const cloudwatchOperations: Readonly<Record<string, CloudWatchAction>> = {
  PutMetricAlarm: putMetricAlarm,
  DescribeAlarms: describeAlarms,
  DeleteAlarms: deleteAlarms,
  SetAlarmState: setAlarmState,
  PutMetricData: putMetricData,
  GetMetricStatistics: getMetricStatistics,
  ListMetrics: listMetrics,
};
