import { arnOf } from '../aws/arn.ts';
import type { Config } from '../aws/config.ts';
import { operation } from '../protocol/operation.ts';
import { structure } from '../protocol/shape.ts';
import { seconds } from '../records/named-record.ts';
import { transformJobName } from './job-name.ts';
import { progressOf } from './job-progress.ts';
import { readShares } from './observe-job.ts';
import { findTransformJob, type TransformJobRecord } from './transform-job-record.ts';

const input = structure({ TransformJobName: transformJobName });

/** Reference section 2.9. */
export const describeTransformJob = operation(
  'DescribeTransformJob',
  input,
  async ({ TransformJobName }, { config, table }) =>
    description(await findTransformJob(table, config, TransformJobName), config),
);

/** The same with what is beyond SageMaker: progress, and the members of the REST view. */
export const describeTransformJobByRest = operation(
  'DescribeTransformJob',
  input,
  async ({ TransformJobName }, { config, table, clock }) => {
    const record = await findTransformJob(table, config, TransformJobName);
    const { OnRecordError = 'Fail', QuotedNewlines = false } = record.request;
    const shares = await readShares(table, record);
    return {
      ...description(record, config),
      OnRecordError,
      QuotedNewlines,
      Trigger: record.triggeredBy?.trigger,
      Progress: progressOf(record, shares, clock.now()),
    };
  },
);

/** What was sent, with the defaults that SageMaker fills in on read, and no others. */
export function description(record: TransformJobRecord, config: Config) {
  const { request } = record;
  const { TransformInput, TransformOutput, DataProcessing } = request;
  return {
    TransformJobName: record.name,
    TransformJobArn: arnOf(config, 'transform-job', record.name),
    TransformJobStatus: record.status,
    FailureReason: record.failureReason,
    ModelName: request.ModelName,
    MaxConcurrentTransforms: request.MaxConcurrentTransforms,
    ModelClientConfig: request.ModelClientConfig,
    MaxPayloadInMB: request.MaxPayloadInMB,
    BatchStrategy: request.BatchStrategy,
    Environment: request.Environment,
    TransformInput: { CompressionType: 'None', SplitType: 'None', ...TransformInput },
    TransformOutput: { AssembleWith: 'None', KmsKeyId: '', ...TransformOutput },
    TransformResources: request.TransformResources,
    CreationTime: seconds(record.creationTime),
    TransformStartTime: record.startTime && seconds(record.startTime),
    TransformEndTime: record.endTime && seconds(record.endTime),
    DataProcessing: { InputFilter: '$', OutputFilter: '$', JoinSource: 'None', ...DataProcessing },
  };
}
