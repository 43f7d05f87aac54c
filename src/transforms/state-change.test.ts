import { expect, it } from 'vitest';
import { testConfig } from '../../test/support/config.ts';
import { statusChange } from './state-change.ts';
import type { TransformJobRecord } from './transform-job-record.ts';

const JOB: TransformJobRecord = {
  pk: 'transform-job/flowers',
  sk: 'transform-job',
  incarnation: 'i',
  revision: 1,
  written: 'w',
  kind: 'transform-job',
  name: 'flowers',
  created: '',
  creationTime: 1_795_348_800_123,
  tags: { team: 'plants' },
  status: 'Failed',
  statusAndName: 'Failed#flowers',
  lastModifiedTime: 1_795_348_900_456,
  generation: 'g',
  request: {
    TransformJobName: 'flowers',
    ModelName: 'iris',
    Environment: { TOKEN: 'a secret' },
    TransformInput: {
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://data/in/' } },
    },
    TransformOutput: { S3OutputPath: 's3://data/out' },
    TransformResources: { InstanceType: 'ml.c5.large', InstanceCount: 1 },
  },
  model: { mode: 'Serial', containers: [], isPrimary: false },
  attempts: [],
  startTime: 1_795_348_850_789,
  endTime: 1_795_348_900_456,
  failureReason: 'AlgorithmError: …',
};

it('a job is told as it is described, with times in milliseconds, and without its Environment', () => {
  const arn = 'arn:aws:sagemaker:us-east-1:123456789012:transform-job/flowers';

  expect(statusChange(JOB, testConfig)).toEqual({
    detailType: 'SageMaker Transform Job State Change',
    resource: arn,
    time: JOB.lastModifiedTime,
    detail: {
      TransformJobName: 'flowers',
      TransformJobArn: arn,
      TransformJobStatus: 'Failed',
      FailureReason: 'AlgorithmError: …',
      ModelName: 'iris',
      TransformInput: {
        ...JOB.request.TransformInput,
        CompressionType: 'None',
        SplitType: 'None',
      },
      TransformOutput: { S3OutputPath: 's3://data/out', AssembleWith: 'None', KmsKeyId: '' },
      TransformResources: { InstanceType: 'ml.c5.large', InstanceCount: 1 },
      DataProcessing: { InputFilter: '$', OutputFilter: '$', JoinSource: 'None' },
      CreationTime: JOB.creationTime,
      TransformStartTime: JOB.startTime,
      TransformEndTime: JOB.endTime,
      Tags: { team: 'plants' },
    },
  });
});
