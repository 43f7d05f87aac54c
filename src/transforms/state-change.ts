import { arnOf } from '../aws/arn.ts';
import type { Config } from '../aws/config.ts';
import type { StateChange } from '../events/state-change.ts';
import { description } from './describe-transform-job.ts';
import type { TransformJobRecord } from './transform-job-record.ts';

/**
 * Tells what a job is now (reference section 2.11): all that DescribeTransformJob says but its
 * Environment, since a bus may lead anywhere and an environment may hold secrets.
 */
export function statusChange(job: TransformJobRecord, config: Config): StateChange {
  const { Environment, ...described } = description(job, config);
  return {
    detailType: 'SageMaker Transform Job State Change',
    resource: arnOf(config, 'transform-job', job.name),
    time: job.lastModifiedTime,
    detail: {
      ...described,
      CreationTime: job.creationTime,
      TransformStartTime: job.startTime,
      TransformEndTime: job.endTime,
      Tags: job.tags,
    },
  };
}
