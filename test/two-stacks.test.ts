import type { S3Client } from '@aws-sdk/client-s3';
import type { SendMessageBatchCommandInput, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { reconcile } from '../src/endpoints/reconcile.ts';
import { sweep } from '../src/endpoints/sweep.ts';
import { reconcileJob } from '../src/transforms/reconcile.ts';
import { sweepJobs } from '../src/transforms/sweep.ts';
import { SimulatedPlane, type SimulatedProcess } from './support/simulated-plane.ts';

/** Two stacks in one account and region; the name of the first is how the other's begins. */
let short: SimulatedPlane;
let long: SimulatedPlane;

beforeEach(async () => {
  short = new SimulatedPlane({ stack: 'race' });
  long = new SimulatedPlane({ stack: 'race-prod', ecs: short.ecs });
  await short.open();
  await long.open();
});

afterEach(() => short.close());

const s3 = { send: async () => ({}) } as unknown as S3Client;

async function serve(plane: SimulatedPlane, name: string): Promise<SimulatedProcess> {
  const process = plane.start();
  await plane.define(process, name);
  await plane.serve(process, name, name);
  return process;
}

async function transform(plane: SimulatedPlane, process: SimulatedProcess, name: string) {
  await plane.call(process, 'CreateTransformJob', {
    TransformJobName: name,
    ModelName: name,
    TransformInput: {
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://bucket/in/' } },
    },
    TransformOutput: { S3OutputPath: 's3://bucket/out' },
    TransformResources: { InstanceType: 'ml.c5.large', InstanceCount: 1 },
  });
  await reconcileJob(name, { ...process, s3 });
}

/** The messages that a sweep sends, read as JSON. */
async function swept({ config, clients, table }: SimulatedProcess): Promise<unknown[]> {
  const sent: unknown[] = [];
  const sqs = {
    send: async ({ input }: { input: SendMessageBatchCommandInput }) => {
      for (const { MessageBody = '' } of input.Entries ?? []) sent.push(JSON.parse(MessageBody));
      return {};
    },
  } as unknown as SQSClient;
  const world = { config, clients: { ...clients, sqs }, table };
  await sweep(world);
  await sweepJobs(world);
  return sent;
}

/** All that ECS and CloudWatch have of a stack. */
function traces({ ecs, stack }: SimulatedPlane) {
  const { families } = ecs.call<{ families: string[] }>('ListTaskDefinitionFamilies', {
    familyPrefix: `${stack}_`,
    status: 'ALL',
  });
  const list = <K extends string>(operation: string, key: K) =>
    ecs.call<Record<K, string[]>>(operation, { cluster: stack })[key];
  return {
    families,
    services: list('ListServices', 'serviceArns'),
    tasks: list('ListTasks', 'taskArns'),
    logGroups: ecs.logs.groups().flatMap(({ name }) => (name.startsWith(`/${stack}/`) ? name : [])),
  };
}

test('a sweep finds what is of its own stack, and nothing of another', async () => {
  const ofShort = await serve(short, 'abalone');
  const ofLong = await serve(long, 'oyster');
  await transform(short, ofShort, 'abalone');
  await transform(long, ofLong, 'oyster');

  // Not a record is left, so that it is ECS and the logs that tell the names.
  short.dynamodb.items.clear();
  long.dynamodb.items.clear();

  expect(await swept(ofShort)).toEqual([{ endpoint: 'abalone' }, { transformJob: 'abalone' }]);
  expect(await swept(ofLong)).toEqual([{ endpoint: 'oyster' }, { transformJob: 'oyster' }]);
});

test('what is removed in one stack stays in another that has the same names', async () => {
  const ofShort = await serve(short, 'abalone');
  await serve(long, 'abalone');
  const before = traces(long);

  short.dynamodb.items.clear();
  for (let turn = 0; turn < 3; turn++) {
    await reconcile('abalone', ofShort);
    await short.ecs.time.advance(60_000);
  }

  expect(before.services).toHaveLength(1);
  expect(traces(short)).toEqual({ families: [], services: [], tasks: [], logGroups: [] });
  expect(traces(long)).toEqual(before);
  expect(long.serving('abalone')).toEqual({ AllTraffic: 1 });
});

test('an event of one stack wakes nobody in another', async () => {
  await serve(long, 'abalone');

  expect(short.ecs.events.length).toBeGreaterThan(0);
  expect(short.takeDue()).toEqual([]);
});
