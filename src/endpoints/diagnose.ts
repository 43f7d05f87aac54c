import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { diagnoseTask } from '../fleet/diagnose-task.ts';
import type { Diagnosis } from './failure-reason.ts';
import type { FleetFailure } from './fleet-failure.ts';

/** Reads the logs of the task that shows the failure. */
export async function diagnose(
  logs: CloudWatchLogsClient,
  group: string,
  failure: FleetFailure,
): Promise<Diagnosis> {
  const { task, variant } = failure;
  if (task === undefined) return { failure, stages: [], output: [] };
  const place = { group, streamPrefix: variant.name };
  return { failure, ...(await diagnoseTask(logs, place, task)) };
}
