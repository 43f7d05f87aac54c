import { arnOf } from '../aws/arn.ts';
import { operation } from '../protocol/operation.ts';
import { oneOf, structure } from '../protocol/shape.ts';
import { listRecords, statusListMembers } from '../records/list-records.ts';
import { seconds } from '../records/named-record.ts';

const input = structure({
  ...statusListMembers,
  StatusEquals: oneOf(['InProgress', 'Completed', 'Failed', 'Stopping', 'Stopped']).optional(),
});

/** Reference section 1.7. */
export const listTransformJobs = operation(
  'ListTransformJobs',
  input,
  async (given, { config, table }) => {
    const { summaries, NextToken } = await listRecords(table, 'transform-job', given);
    const TransformJobSummaries = summaries.map((job) => ({
      TransformJobName: job.name,
      TransformJobArn: arnOf(config, 'transform-job', job.name),
      CreationTime: seconds(job.creationTime),
      TransformEndTime: job.endTime && seconds(job.endTime),
      LastModifiedTime: seconds(job.lastModifiedTime ?? job.creationTime),
      TransformJobStatus: job.status,
      FailureReason: job.failureReason,
    }));
    return { TransformJobSummaries, NextToken };
  },
);
