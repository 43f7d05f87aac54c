import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import { expect, it } from 'vitest';
import { testConfig } from '../../test/support/config.ts';
import { jobRecordOf, jobRequestOf } from '../../test/support/job-records.ts';
import { parseBatchConfig } from '../batch/config.ts';
import type { ModelDefinition } from '../models/model-record.ts';
import { parseRouterConfig } from '../router/config.ts';
import type { JobRequest } from './job-shape.ts';
import { jobTaskDefinition } from './job-task.ts';

const MODEL: ModelDefinition = {
  isPrimary: false,
  mode: 'Serial',
  containers: [{ Image: 'a', Environment: { OWN: 'model', WORDS: 'model' } }, { Image: 'b' }],
};

function containersOf(more: Partial<JobRequest> = {}): Record<string, ContainerDefinition> {
  const { containerDefinitions = [] } = jobTaskDefinition(
    jobRecordOf(0, { request: jobRequestOf(more), model: MODEL }),
    testConfig,
  );
  return Object.fromEntries(containerDefinitions.map((one) => [one.name, one]));
}

function environmentOf(container: ContainerDefinition | undefined): Record<string, string> {
  const { environment = [] } = container ?? {};
  return Object.fromEntries(environment.map(({ name = '', value = '' }) => [name, value]));
}

function batchOf(more?: Partial<JobRequest>) {
  const environment = environmentOf(containersOf(more).headrace_batch);
  return parseBatchConfig({ ...environment, HEADRACE_BATCH_SHARE: '0' });
}

it('a worker is told the defaults of what a job leaves open', () => {
  const batch = batchOf();

  expect(batch).toMatchObject({
    timeoutSeconds: 600,
    maxRetries: 3,
    startupSeconds: 480,
    compression: 'None',
    split: 'None',
    assembleWith: 'None',
    inputFilter: '$',
    outputFilter: '$',
    joinSource: 'None',
    onRecordError: 'Fail',
    quotedNewlines: false,
  });
  for (const open of ['strategy', 'maxConcurrentTransforms', 'maxPayloadInMB', 'accept']) {
    expect(batch).not.toHaveProperty(open);
  }
});

it('a worker and its router keep to what the job sets', () => {
  const given = {
    ModelClientConfig: { InvocationsTimeoutInSeconds: 3600, InvocationsMaxRetries: 0 },
    MaxPayloadInMB: 0,
  };
  const router = environmentOf(containersOf(given).headrace_router);

  expect(batchOf(given)).toMatchObject({ timeoutSeconds: 3600, maxRetries: 0, maxPayloadInMB: 0 });
  expect(parseRouterConfig(router)).toMatchObject({
    timeoutMs: 3_600_000,
    maxBodyBytes: 104_857_600,
  });
});

it('every stage is told that it is batch, and of the three members those that the job sets', () => {
  const Environment = { WORDS: 'job', SAGEMAKER_BATCH: 'no' };
  const told = containersOf({ Environment, MaxPayloadInMB: 8, BatchStrategy: 'SingleRecord' });
  const bare = environmentOf(containersOf()['container-1']);

  expect(environmentOf(told['container-1'])).toMatchObject({ OWN: 'model', WORDS: 'job' });
  for (const stage of ['container-1', 'container-2']) {
    const environment = environmentOf(told[stage]);
    expect(environment).toMatchObject({
      WORDS: 'job',
      SAGEMAKER_BATCH: 'true',
      SAGEMAKER_MAX_PAYLOAD_IN_MB: '8',
      SAGEMAKER_BATCH_STRATEGY: 'SINGLE_RECORD',
    });
    expect(environment).not.toHaveProperty('SAGEMAKER_MAX_CONCURRENT_TRANSFORMS');
  }
  expect(bare.SAGEMAKER_BATCH).toBe('true');
  expect(Object.keys(bare).filter((name) => /MAX_|STRATEGY/.test(name))).toEqual([]);
});

it('the worker has a region, as every container does', () => {
  expect(environmentOf(containersOf().headrace_batch).AWS_REGION).toBe('us-east-1');
});
