import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  ListServicesCommand,
  ListTaskDefinitionFamiliesCommand,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
} from '@aws-sdk/client-ecs';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  DeleteEndpointCommand,
  DeleteEndpointConfigCommand,
  DeleteModelCommand,
} from '@aws-sdk/client-sagemaker';
import { expect, test } from 'vitest';
import { ownStack } from './support/own-stack.ts';
import { createPipeline, gone, inService, invoke, settled } from './support/pipelines.ts';
import { processesWith } from './support/processes.ts';
import { stage } from './support/stage.ts';

const { home, stack, clients } = await ownStack();

/** All that endpoints make: in ECS, in the logs, in the data folder, and as processes. */
async function traces() {
  const { ecs, logs } = clients;
  const cluster = 'headrace';
  const definitions = async (status: 'ACTIVE' | 'INACTIVE' | 'DELETE_IN_PROGRESS') => {
    const listed = await ecs.send(new ListTaskDefinitionsCommand({ status }));
    return listed.taskDefinitionArns;
  };
  return {
    services: (await ecs.send(new ListServicesCommand({ cluster }))).serviceArns,
    tasks: (await ecs.send(new ListTasksCommand({ cluster }))).taskArns,
    active: await definitions('ACTIVE'),
    inactive: await definitions('INACTIVE'),
    families: (await ecs.send(new ListTaskDefinitionFamiliesCommand({ status: 'ALL' }))).families,
    logGroups: (await logs.send(new DescribeLogGroupsCommand({}))).logGroups,
    logFiles: (await readdir(stack.logs, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ name }) => name),
    taskFolders: await readdir(join(home.dataDir, 'ecs', 'tasks')),
    processes: processesWith(home.folder),
  };
}

const NOTHING = {
  services: [],
  tasks: [],
  active: [],
  inactive: [],
  families: [],
  logGroups: [],
  logFiles: [],
  taskFolders: [],
  processes: [],
};

test('DeleteEndpoint leaves nothing of endpoints that served and of one that failed', async () => {
  const { sagemaker, s3 } = clients;
  const { image } = home;
  const archive = { Bucket: 'models', Key: 'model.txt' };
  await s3.send(new CreateBucketCommand({ Bucket: archive.Bucket }));
  await s3.send(new PutObjectCommand({ ...archive, Body: '{}' }));
  const S3DataSource = {
    S3Uri: `s3://${archive.Bucket}/${archive.Key}`,
    S3DataType: 'S3Object',
    CompressionType: 'None',
  } as const;
  const fails = stage(image, { LISTEN: 'never', EXIT_CODE: '3', EXIT_AFTER_MS: '100' });
  await createPipeline(sagemaker, 'failed', [stage(image), fails]);
  await createPipeline(sagemaker, 'served', [
    { ...stage(image), ModelDataSource: { S3DataSource } },
    stage(image),
  ]);
  await inService(sagemaker, 'served');
  const { EndpointStatus } = await settled(sagemaker, 'failed');
  const before = await traces();

  for (const EndpointName of ['failed', 'served']) {
    await sagemaker.send(new DeleteEndpointCommand({ EndpointName }));
  }
  await Promise.all(['failed', 'served'].map((name) => gone(sagemaker, name)));
  const after = await traces();

  expect(EndpointStatus).toBe('Failed');
  // Else there would have been nothing to remove, or the test would not see it.
  expect(before.services).not.toEqual([]);
  expect(before.logGroups).toHaveLength(2);
  expect(before.logFiles).not.toEqual([]);
  expect(before.taskFolders).not.toEqual([]);
  expect(before.processes.length).toBeGreaterThanOrEqual(3);
  expect(after).toEqual(NOTHING);
});

test('a name that is free again serves the new pipeline from its first answer on', async () => {
  const { sagemaker, runtime } = clients;
  const deploy = async (SUFFIX: string) => {
    await createPipeline(sagemaker, 'again', [stage(home.image, { SUFFIX }), stage(home.image)]);
    await inService(sagemaker, 'again');
    return await invoke(runtime, 'again', 'x');
  };
  const first = await deploy(' of the first');
  await sagemaker.send(new DeleteEndpointCommand({ EndpointName: 'again' }));
  await sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: 'again' }));
  await sagemaker.send(new DeleteModelCommand({ ModelName: 'again' }));
  const refused = await invoke(runtime, 'again', 'x').catch(String);
  await gone(sagemaker, 'again');

  const second = await deploy(' of the second');

  expect(first).toBe('x of the first');
  expect(refused).toMatch(/^(ValidationError|x of the first)/);
  expect(second).toBe('x of the second');
});
