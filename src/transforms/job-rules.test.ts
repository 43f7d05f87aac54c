import { describe, expect, it } from 'vitest';
import { testConfig } from '../../test/support/config.ts';
import type { ModelDefinition } from '../models/model-record.ts';
import { checkJob } from './job-rules.ts';
import type { JobTemplate } from './job-shape.ts';

const MODEL: ModelDefinition = {
  containers: [{ Image: 'one' }, { Image: 'two' }],
  isPrimary: false,
  mode: 'Serial',
};

function check(change: Partial<JobTemplate>, model: Partial<ModelDefinition> = {}) {
  const job: JobTemplate = {
    ModelName: 'm',
    TransformInput: { ContentType: 'text/csv', SplitType: 'Line' },
    TransformOutput: { S3OutputPath: 's3://b/out', AssembleWith: 'Line' },
    TransformResources: { InstanceType: 'ml.c5.large', InstanceCount: 1 },
    ...change,
  };
  return () => checkJob(job, { ...MODEL, ...model }, testConfig);
}

const LINES = { S3OutputPath: 's3://b/out', AssembleWith: 'Line' } as const;
const JOIN = { JoinSource: 'Input' } as const;

describe('a transform job', () => {
  it.each<[string, Partial<JobTemplate>]>([
    ['nothing special', {}],
    ['a join', { DataProcessing: { ...JOIN, InputFilter: '$[1:]', OutputFilter: '$[0,-1]' } }],
    ['one of the two bounds', { MaxConcurrentTransforms: 64 }],
    ['both at their most', { MaxConcurrentTransforms: 10, MaxPayloadInMB: 10 }],
    ['Continue', { OnRecordError: 'Continue', QuotedNewlines: true }],
    ['streaming', { MaxPayloadInMB: 0 }],
    [
      'Continue with records of any size',
      { MaxPayloadInMB: 0, BatchStrategy: 'SingleRecord', OnRecordError: 'Continue' },
    ],
  ])('may have %s', (_, change) => {
    expect(check(change)).not.toThrow();
  });

  it.each<[string, Partial<JobTemplate>, RegExp]>([
    [
      'an instance type that is not there',
      { TransformResources: { InstanceType: 'ml.p3.2xlarge', InstanceCount: 1 } },
      /'transformResources.instanceType'.*\[ml.c5.large, ml.m5.xlarge\]/,
    ],
    [
      'an output that is not S3',
      { TransformOutput: { S3OutputPath: 'https://b/out' } },
      /must be an s3:\/\/ URL/,
    ],
    [
      'too much at a time',
      { MaxConcurrentTransforms: 11, MaxPayloadInMB: 10 },
      /less than or equal to 100/,
    ],
    [
      'a join of what is streamed',
      { MaxPayloadInMB: 0, DataProcessing: JOIN },
      /'dataProcessing'.*needs requests that are held/,
    ],
    [
      'Continue in what is streamed',
      { MaxPayloadInMB: 0, OnRecordError: 'Continue' },
      /'onRecordError'.*Continue needs requests that are held/,
    ],
    [
      'a filter of a format we cannot read',
      { TransformInput: { ContentType: 'image/png' }, DataProcessing: { InputFilter: '$.a' } },
      /DataProcessing needs text\/csv/,
    ],
    ['names of columns', { DataProcessing: { OutputFilter: '$.a' } }, /selected by index/],
    [
      'a path that is none',
      { DataProcessing: { InputFilter: 'a' } },
      /'dataProcessing.inputFilter'.*does not begin with \$/,
    ],
    [
      'a join of two formats',
      { DataProcessing: JOIN, TransformOutput: { ...LINES, Accept: 'application/json' } },
      /must equal ContentType/,
    ],
    [
      'a join that is put together otherwise',
      { DataProcessing: JOIN, TransformOutput: { S3OutputPath: 's3://b/out' } },
      /must equal SplitType/,
    ],
    [
      'Continue without lines',
      { OnRecordError: 'Continue', TransformOutput: { S3OutputPath: 's3://b/out' } },
      /Continue needs SplitType Line/,
    ],
    [
      'quoted newlines without lines',
      { QuotedNewlines: true, TransformInput: {} },
      /needs SplitType Line/,
    ],
    [
      'an environment that no task definition holds',
      { Environment: { A: 'x'.repeat(10_240), B: 'x'.repeat(10_240) } },
      /at most 24576 bytes over all containers/,
    ],
  ])('may not have %s', (_, change, message) => {
    expect(check(change)).toThrow(message);
  });

  it('may not run a model whose containers are called one by one', () => {
    expect(check({}, { mode: 'Direct' })).toThrow(/Mode is Serial/);
  });
});
