import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  type ContainerDefinition,
  CreateEndpointCommand,
  CreateModelCommand,
  DeleteEndpointCommand,
  DescribeEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import { beforeAll, expect, test } from 'vitest';
import { ownStack } from './support/own-stack.ts';
import { createEndpoint, createPipeline, settled, variantOf } from './support/pipelines.ts';
import { type Behaviour, stage } from './support/stage.ts';

// A stage that never listens and one whose /ping answers 500 fail after 60 s at the earliest:
// those are with the planner and the failure reasons in src/endpoints, where the clock can be set.

const ARN = 'arn:aws:sagemaker:us-east-1:000000000000:endpoint';
const BUCKET = 'models';

// What a machine without a container engine says, on every machine.
const { home, clients } = await ownStack({ DOCKER_HOST: 'unix:///nowhere/docker.sock' });

beforeAll(async () => {
  await clients.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const text = { Bucket: BUCKET, Key: 'model.txt', Body: 'these are no bytes of an archive' };
  await clients.s3.send(new PutObjectCommand(text));
});

function runs(ContainerHostname: string, behaviour?: Behaviour): ContainerDefinition {
  return { ...stage(home.image, behaviour), ContainerHostname };
}

/** Says why, waits until the others have started, and exits without ever having listened. */
function exits(ContainerHostname: string, code: number): ContainerDefinition {
  return runs(ContainerHostname, {
    COMPLAIN: `${ContainerHostname} has lost its vocabulary`,
    LISTEN: 'never',
    EXIT_CODE: String(code),
    EXIT_AFTER_MS: '400',
  });
}

/** @returns FailureReason */
async function failing(name: string, containers: ContainerDefinition[]): Promise<string> {
  await createPipeline(clients.sagemaker, name, containers);
  const { EndpointStatus, FailureReason } = await settled(clients.sagemaker, name);
  expect(EndpointStatus).toBe('Failed');
  expect(FailureReason!.length).toBeLessThanOrEqual(1024);
  return FailureReason!;
}

test.concurrent('a stage that exits: what it did, its last words, and where the rest is', async () => {
  const containers = [runs('tokenise'), exits('embed', 3), runs('rank')];

  const reason = await failing('one-exits', containers);
  const error = await clients.runtime
    .send(new InvokeEndpointCommand({ EndpointName: 'one-exits', Body: 'x' }))
    .catch((thrown: unknown) => String(thrown));

  expect(reason).toMatch(
    /^The embed for production variant AllTraffic did not pass the ping health check\. Please check CloudWatch logs for this endpoint\. /,
  );
  expect(reason).toMatch(/embed: exited with code 3 after \d+ s/);
  expect(reason).toContain('embed has lost its vocabulary');
  expect(reason).not.toMatch(/tokenise|rank/);
  const [, logGroupName, logStreamName] = /Log group (\S+), stream (\S+)\./.exec(reason)!;
  const { events } = await clients.logs.send(
    new GetLogEventsCommand({ logGroupName, logStreamName }),
  );
  expect(events!.map(({ message }) => message)).toContain('embed has lost its vocabulary');
  expect(error).toBe('ValidationError: Endpoint one-exits of account 000000000000 not found.');
});

test.concurrent('two stages of three exit: both are named, with what each did and said', async () => {
  const reason = await failing('two-exit', [exits('tokenise', 3), runs('rank'), exits('embed', 4)]);

  expect(reason).toMatch(/^The tokenise, embed for production variant AllTraffic /);
  expect(reason).toMatch(/tokenise: exited with code 3 after \d+ s/);
  expect(reason).toMatch(/embed: exited with code 4 after \d+ s/);
  expect(reason).toContain('tokenise has lost its vocabulary');
  expect(reason).toContain('embed has lost its vocabulary');
  expect(reason).not.toContain('rank');
});

test.concurrent('a long output is cut, and what was said last stays', async () => {
  const long = { SAY: 'x'.repeat(1000), COMPLAIN: `${'y'.repeat(990)} the end` };

  const reason = await failing('talkative', [
    runs('loud', { ...long, LISTEN: 'never', EXIT_CODE: '1', EXIT_AFTER_MS: '100' }),
    runs('quiet'),
  ]);

  expect(reason).toContain('loud: exited with code 1');
  expect(reason).toMatch(/the end$/);
});

test.concurrent.each([
  ['an image folder that is not there', 'file:/nowhere/at/all', 'create /nowhere/at/all/serve'],
  ['an image of a registry', '1.dkr.ecr.us-east-1.amazonaws.com/rank:1', 'file:<dir>'],
])('%s is named, with its stage and the way out', async (_, Image, wayOut) => {
  const name = Image.startsWith('file:') ? 'no-folder' : 'registry';

  const reason = await failing(name, [runs('tokenise'), { ContainerHostname: 'rank', Image }]);

  expect(reason).toContain('rank');
  expect(reason).toContain(Image);
  expect(reason).toContain(wayOut);
  expect(reason).not.toContain('tokenise');
});

test.concurrent.each([
  ['data-missing', 'absent.tar.gz', /Could not find model data at /],
  ['data-no-archive', 'model.txt', /not a whole gzip-compressed tar archive/],
])('model data: %s', async (name, key, what) => {
  const ModelDataUrl = `s3://${BUCKET}/${key}`;

  const reason = await failing(name, [runs('tokenise'), { ...runs('rank'), ModelDataUrl }]);

  expect(reason).toMatch(/\brank for production variant AllTraffic /);
  expect(reason).toContain(ModelDataUrl);
  expect(reason).toMatch(what);
  expect(reason).not.toContain('tokenise');
  expect(reason).not.toContain('..');
});

test.concurrent('of two variants the one that fails is named, and the other is not blamed', async () => {
  const { sagemaker } = clients;
  const models = { sound: runs('calm'), broken: exits('restless', 5) };
  for (const [ModelName, PrimaryContainer] of Object.entries(models)) {
    await sagemaker.send(new CreateModelCommand({ ModelName, PrimaryContainer }));
  }
  await createEndpoint(sagemaker, 'half', [
    variantOf('sound', { VariantName: 'Blue' }),
    variantOf('broken', { VariantName: 'Green' }),
  ]);

  const { EndpointStatus, FailureReason } = await settled(sagemaker, 'half');

  expect(EndpointStatus).toBe('Failed');
  expect(FailureReason).toMatch(
    /^The primary container for production variant Green did not pass the ping health check\. /,
  );
  expect(FailureReason).toContain('exited with code 5');
  expect(FailureReason).not.toContain('Blue');
});

test.concurrent('while an endpoint is Creating it can be neither deleted nor created again', async () => {
  const { sagemaker } = clients;
  await createPipeline(sagemaker, 'slow', [runs('never', { LISTEN: 'never' }), runs('ready')]);

  const errors = [];
  for (const command of [
    new DeleteEndpointCommand({ EndpointName: 'slow' }),
    new CreateEndpointCommand({ EndpointName: 'slow', EndpointConfigName: 'slow' }),
  ]) {
    // Both commands have their own type of answer, of which none is looked at.
    errors.push(await sagemaker.send(command as DeleteEndpointCommand).catch(String));
  }
  const described = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: 'slow' }));

  expect(errors).toEqual([
    `ValidationException: Cannot update in-progress endpoint "${ARN}/slow".`,
    `ValidationException: Cannot create already existing endpoint "${ARN}/slow".`,
  ]);
  expect(described.EndpointStatus).toBe('Creating');
});
