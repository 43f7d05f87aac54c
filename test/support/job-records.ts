import { type TransformJobRecord, withStatus } from '../../src/transforms/transform-job-record.ts';

/** The record of a job called `job`, made at `created`, that is to run on one instance. */
export function jobRecordOf(
  created: number,
  change: Partial<TransformJobRecord> = {},
): TransformJobRecord {
  const record: TransformJobRecord = {
    pk: 'transform-job/job',
    sk: 'transform-job',
    kind: 'transform-job',
    incarnation: 'i',
    revision: 1,
    written: 'w',
    name: 'job',
    created: '',
    creationTime: created,
    tags: {},
    status: 'InProgress',
    statusAndName: '',
    lastModifiedTime: created,
    generation: 'g',
    request: jobRequestOf(),
    model: { containers: [{ Image: 'one' }], isPrimary: false, mode: 'Serial' },
    attempts: [],
    ...change,
  };
  return withStatus(record, record.status, created);
}

/** What was asked for: nothing that need not be. */
export function jobRequestOf(
  change: Partial<TransformJobRecord['request']> = {},
): TransformJobRecord['request'] {
  return {
    TransformJobName: 'job',
    ModelName: 'model',
    TransformInput: {
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://b/in/' } },
    },
    TransformOutput: { S3OutputPath: 's3://b/out' },
    TransformResources: { InstanceType: 'ml.c5.large', InstanceCount: 1 },
    ...change,
  };
}
