import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Clients, clientsOf } from './support/clients.ts';
import { listenersOf } from './support/listeners.ts';
import { createPipeline, inService, invokeForReport } from './support/pipelines.ts';
import { processesWith } from './support/processes.ts';
import { type Home, makeHome, type RunningStack, runStack } from './support/run-stack.ts';
import { stage } from './support/stage.ts';

/** Nothing listens there: whatever followed these settings would fail. */
const ELSEWHERE = 'http://127.0.0.1:9';
const MARK = 'only-for-the-parent';

let home: Home;
let stack: RunningStack;
let clients: Clients;

/** What people set for their work with AWS, and what would lead the stack astray. */
async function settingsOfUser(): Promise<Record<string, string>> {
  const config = join(home.folder, 'aws-config');
  await writeFile(
    config,
    `[default]
region = eu-west-3
endpoint_url = ${ELSEWHERE}
[profile work]
region = eu-west-3
sso_account_id = 1
services = work
[services work]
dynamodb =
  endpoint_url = ${ELSEWHERE}
s3 =
  endpoint_url = ${ELSEWHERE}
`,
  );
  return {
    AWS_PROFILE: 'work',
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: config,
    AWS_REGION: 'eu-west-3',
    AWS_DEFAULT_REGION: 'eu-west-3',
    AWS_ACCESS_KEY_ID: MARK,
    AWS_SECRET_ACCESS_KEY: MARK,
    AWS_SESSION_TOKEN: MARK,
    AWS_ENDPOINT_URL: ELSEWHERE,
    AWS_ENDPOINT_URL_S3: ELSEWHERE,
    AWS_ENDPOINT_URL_DYNAMODB: ELSEWHERE,
    AWS_ENDPOINT_URL_ECS: ELSEWHERE,
    AWS_ENDPOINT_URL_SQS: ELSEWHERE,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: ELSEWHERE,
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true',
    PARENT_SECRET: MARK,
    INIT_CWD: home.folder,
  };
}

beforeAll(async () => {
  home = await makeHome();
  stack = await runStack(home, await settingsOfUser());
  clients = clientsOf(stack);
  await clients.s3.send(new CreateBucketCommand({ Bucket: 'models' }));
  const object = { Bucket: 'models', Key: 'weights.json', Body: '[1]' };
  await clients.s3.send(new PutObjectCommand(object));
});

afterAll(() => home?.remove());

test("the user's AWS settings neither disturb the stack nor reach a stage", async () => {
  const S3DataSource = {
    S3Uri: 's3://models/weights.json',
    S3DataType: 'S3Object',
    CompressionType: 'None',
  } as const;
  const own = { ANSWER: 'report', CONTENT_TYPE: 'application/json', MODEL_NAME: 'ours' };
  await createPipeline(clients.sagemaker, 'private', [
    stage(home.image),
    { ...stage(home.image, own), ModelDataSource: { S3DataSource } },
  ]);
  await inService(clients.sagemaker, 'private');

  const { argv, cwd, environment } = await invokeForReport(clients.runtime, 'private');

  const { PATH, HOME, LANG, TMPDIR, __CF_USER_TEXT_ENCODING, ...rest } = environment;
  expect({ PATH, HOME, LANG, TMPDIR }).toEqual({
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    LANG: process.env.LANG,
    TMPDIR: process.env.TMPDIR,
  });
  expect(rest).toEqual({
    ...own,
    SAGEMAKER_BIND_TO_PORT: expect.stringMatching(/^\d+$/),
    SAGEMAKER_SAFE_PORT_RANGE: expect.stringMatching(/^\d+-\d+$/),
    SAGEMAKER_BASE_DIR: expect.stringContaining(home.dataDir),
    SM_MODEL_DIR: join(rest.SAGEMAKER_BASE_DIR!, 'model'),
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_S3: stack.s3,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: expect.stringContaining(stack.ecs),
  });
  expect(argv.slice(1)).toEqual([join(home.image, 'serve'), 'serve']);
  expect(cwd).toBe(home.image);
  expect(JSON.stringify(environment)).not.toContain(MARK);
});

test('a user who wants FIPS and dual-stack endpoints from AWS gets a stack all the same', async () => {
  const other = await makeHome();
  try {
    const wishes = { AWS_USE_FIPS_ENDPOINT: 'true', AWS_USE_DUALSTACK_ENDPOINT: 'true' };
    const started = await runStack(other, wishes);
    const { sagemaker } = clientsOf(started);
    await createPipeline(sagemaker, 'fips', [stage(other.image), stage(other.image)]);

    await inService(sagemaker, 'fips');
  } finally {
    await other.remove();
  }
});

test('a relative image is found from where the user started the stack', async () => {
  const stages = [stage('image', { SUFFIX: ' one' }), stage('./image', { ANSWER: 'report' })];
  await createPipeline(clients.sagemaker, 'relative', stages);
  await inService(clients.sagemaker, 'relative');

  const { body, cwd } = await invokeForReport(clients.runtime, 'relative');

  expect(body).toBe('x one');
  expect(cwd).toBe(home.image);
});

test.runIf(process.platform === 'linux')(
  'everything that listens, listens on loopback only',
  async () => {
    await createPipeline(clients.sagemaker, 'listening', [stage(home.image), stage(home.image)]);
    await inService(clients.sagemaker, 'listening');

    const ofStack = await listenersOf(stack.pid);
    const ofTasks = await Promise.all(processesWith(home.folder).map(listenersOf));

    const loopback = /^0100007F:/;
    // The gateway, S3, DynamoDB and ECS; a router and two stages of this test alone.
    expect(ofStack).toHaveLength(4);
    expect(ofTasks.flat().length).toBeGreaterThanOrEqual(3);
    for (const address of [...ofStack, ...ofTasks.flat()]) expect(address).toMatch(loopback);
  },
);
