import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import {
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DescribeEndpointCommand,
  UpdateEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Clients, clientsOf } from './support/clients.ts';
import { cloudwatchOf } from './support/metrics.ts';
import { createPipeline, inService, settled, variantOf } from './support/pipelines.ts';
import { type Home, makeHome, type RunningStack, runStack } from './support/run-stack.ts';
import { stage } from './support/stage.ts';
import { BUCKET, jobOf, putObject, runJob } from './support/transform-jobs.ts';
import { until } from './support/until.ts';

/** Nowhere but where a caller or a stage put it themselves. */
const SECRET = 'Tr0ub4dorMarker7f1e0cQ9';
/** It, and what base64 makes of it wherever it begins. */
const FORMS = [
  SECRET,
  ...[0, 1, 2].map((offset) => {
    const text = Buffer.from('x'.repeat(offset) + SECRET).toString('base64');
    return text.slice(4, -4);
  }),
];

let home: Home;
let stack: RunningStack;
let clients: Clients;
let said: string;
const answers: Record<string, string> = {};
const failureReasons: Record<string, string> = {};
const traceIds: (string | null)[] = [];
let metrics: string;
let items: Record<string, unknown>[];

beforeAll(async () => {
  home = await makeHome();
  stack = await runStack(home);
  clients = clientsOf(stack);
  await allPaths();
  metrics = JSON.stringify((await cloudwatchOf(stack).send(new ListMetricsCommand({}))).Metrics);
  items = await allItems();
  const { stdout, stderr } = await stack.end('SIGTERM');
  said = stdout + stderr;
});

afterAll(() => home?.remove());

async function allPaths(): Promise<void> {
  const { sagemaker, s3 } = clients;
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const own = { TOKEN: SECRET };
  const serving = {
    echo: [stage(home.image, own), stage(home.image, own)],
    refuses: [stage(home.image), stage(home.image, { REFUSES: SECRET, REFUSAL: 'no', ...own })],
    quotes: [stage(home.image), stage(home.image, { REFUSES: SECRET })],
    dies: [stage(home.image), stage(home.image, { DIES_OF: SECRET })],
    slow: [stage(home.image), stage(home.image, { SLEEP_MS: '60000' })],
    streams: [stage(home.image), stage(home.image, { ANSWER: 'stream', ...own })],
  };
  for (const [name, containers] of Object.entries(serving)) {
    if (name !== 'slow') await createPipeline(sagemaker, name, containers);
    else await createSlow(containers);
  }
  const ends = { EXIT_CODE: '3', EXIT_AFTER_MS: '50', ...own };
  await createPipeline(sagemaker, 'fails', [stage(home.image), stage(home.image, ends)]);
  const ModelDataUrl = `s3://${BUCKET}/none.tar.gz`;
  await createPipeline(sagemaker, 'lacks', [{ ...stage(home.image, own), ModelDataUrl }]);
  for (const name of Object.keys(serving)) await inService(sagemaker, name);

  answers.success = await invoke('echo');
  answers.modelError = await invoke('refuses');
  answers.quoted = await invoke('quotes');
  answers.died = await invoke('dies');
  answers.noTask = await invoke('dies');
  answers.timeout = await invoke('slow');
  answers.unknownEndpoint = await invoke('nobody');
  answers.unknownVariant = await invoke('echo', { 'X-Amzn-SageMaker-Target-Variant': 'nobody' });
  answers.badHeader = await invoke('echo', { 'X-Amzn-SageMaker-Inference-Id': SECRET.repeat(4) });
  answers.unknownOperation = await invoke('echo/invocations/more');
  const broken = invoke('streams', {}, 'invocations-response-stream');
  await until('the stream has begun', async () => {
    const released = await invoke('streams', {}, 'invocations', 'break');
    return released === '200 released' ? true : undefined;
  });
  answers.brokenStream = await broken;

  answers.notJson = await control(`{"ModelName":"${SECRET}`);
  answers.badMember = await control(JSON.stringify({ ModelName: 'a', Containers: SECRET }));
  const picky = { ModelName: 'a', PrimaryContainer: { Image: SECRET, Environment: SECRET } };
  answers.badContainer = await control(JSON.stringify(picky));

  failureReasons.create = (await settled(sagemaker, 'fails')).FailureReason ?? '';
  failureReasons.load = (await settled(sagemaker, 'lacks')).FailureReason ?? '';
  failureReasons.update = await failedUpdate();
  await putObject(s3, 'in/batch/a.csv', `${SECRET},1\n${SECRET},2\n`);
  const Environment = { TRANSFORM_TOKEN: SECRET };
  const job = await runJob(sagemaker, jobOf('batch', 'refuses', { Environment }));
  failureReasons.batch = job.FailureReason ?? '';
  await putObject(s3, 'in/works/a.csv', `${SECRET},1\n${SECRET},2\n`);
  const works = await runJob(sagemaker, jobOf('works', 'echo', { Environment }));
  expect(works.TransformJobStatus).toBe('Completed');
}

/** By the REST view: SageMaker's API has no member for it. */
async function createSlow(Containers: object[]): Promise<void> {
  await clients.sagemaker.send(new CreateModelCommand({ ModelName: 'slow', Containers }));
  const ProductionVariants = [{ ...variantOf('slow'), InvocationTimeoutInSeconds: 1 }];
  const post = (noun: string, members: object) =>
    fetch(`${stack.gateway}/${noun}`, { method: 'POST', body: JSON.stringify(members) });
  await post('endpoint-configs', { EndpointConfigName: 'slow', ProductionVariants });
  await post('endpoints', { EndpointName: 'slow', EndpointConfigName: 'slow' });
}

/** The secret wherever a caller may put one; what came back. */
async function invoke(
  endpoint: string,
  more: Record<string, string> = {},
  operation = 'invocations',
  body = SECRET,
): Promise<string> {
  const answer = await fetch(`${stack.gateway}/endpoints/${endpoint}/${operation}`, {
    method: 'POST',
    body,
    headers: {
      'Content-Type': 'text/csv',
      Authorization: `Bearer ${SECRET}`,
      'X-Amzn-SageMaker-Custom-Attributes': SECRET,
      'X-Amzn-SageMaker-Inference-Id': SECRET,
      Cookie: SECRET,
      ...more,
    },
  });
  traceIds.push(answer.headers.get('x-amzn-trace-id'));
  return `${answer.status} ${await answer.text()}`;
}

async function control(body: string): Promise<string> {
  const headers = {
    'Content-Type': 'application/x-amz-json-1.1',
    'X-Amz-Target': 'SageMaker.CreateModel',
    Authorization: SECRET,
  };
  const answer = await fetch(stack.gateway, { method: 'POST', body, headers });
  return `${answer.status} ${await answer.text()}`;
}

async function failedUpdate(): Promise<string> {
  const config = { EndpointConfigName: 'to-fails', ProductionVariants: [variantOf('fails')] };
  await clients.sagemaker.send(new CreateEndpointConfigCommand(config));
  const update = { EndpointName: 'echo', EndpointConfigName: 'to-fails' };
  await clients.sagemaker.send(new UpdateEndpointCommand(update));
  return await until('the update is rolled back', async () => {
    const found = await clients.sagemaker.send(
      new DescribeEndpointCommand({ EndpointName: 'echo' }),
    );
    return found.EndpointStatus === 'InService' ? found.FailureReason : undefined;
  });
}

async function allItems(): Promise<Record<string, unknown>[]> {
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  const bare = new DynamoDBClient({ region: 'us-east-1', credentials, endpoint: stack.dynamodb });
  const client = DynamoDBDocumentClient.from(bare);
  const found: Record<string, unknown>[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName: 'headrace', ExclusiveStartKey: start }),
    );
    found.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return found;
}

/** The lines in which it stands, whatever its form. */
function linesWith(text: string): string[] {
  return text.split('\n').filter((line) => FORMS.some((form) => line.includes(form)));
}

test('every path was taken', () => {
  expect(answers).toMatchObject({
    success: `200 ${SECRET}`,
    modelError: expect.stringMatching(/^424 .*container-2.*no/),
    died: expect.stringMatching(/^424 .*container-2/),
    noTask: expect.stringMatching(/^(?:424|503) /),
    timeout: expect.stringMatching(/^424 .*container-2/),
    unknownEndpoint: expect.stringMatching(/^400 .*Endpoint nobody/),
    unknownVariant: expect.stringMatching(/^400 .*Variant nobody/),
    badHeader: expect.stringMatching(/^400 .*X-Amzn-SageMaker-Inference-Id/),
    unknownOperation: expect.stringMatching(/^404 /),
    brokenStream: expect.stringMatching(/^200 /),
    notJson: expect.stringMatching(/^400 .*SerializationException/),
    badMember: expect.stringMatching(/^400 .*ValidationException/),
    badContainer: expect.stringMatching(/^400 .*ValidationException/),
  });
  expect(failureReasons.create).toContain('container-2');
  expect(failureReasons.load).toContain('none.tar.gz');
  expect(failureReasons.update).toContain('container-2');
  expect(failureReasons.batch).toContain('400');
});

test('every answer has a trace id of its own', () => {
  for (const id of traceIds) expect(id).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
  expect(new Set(traceIds).size).toBe(traceIds.length);
});

test('a stage’s own words are the one thing that gives it back to the caller', () => {
  expect(linesWith(answers.quoted!)).toHaveLength(1);
  const { success, quoted, brokenStream, badMember, badContainer, ...others } = answers;
  expect(linesWith(Object.values(others).join('\n'))).toEqual([]);
});

test('no FailureReason has it, nor a metric', () => {
  expect(linesWith(Object.values(failureReasons).join('\n'))).toEqual([]);
  expect(metrics).toContain('InvocationModelErrors');
  expect(linesWith(metrics)).toEqual([]);
});

test('nothing that the functions and the gateway say has it', () => {
  expect(said).toContain('headrace ready');
  expect(linesWith(said)).toEqual([]);
});

test('no log of a router, a loader or a batch worker has it, and no event', async () => {
  const files = await readdir(home.dataDir, { recursive: true, withFileTypes: true });
  const paths = files
    .filter((file) => file.isFile())
    .map((file) => relative(home.dataDir, join(file.parentPath, file.name)))
    .filter((path) => /^(?:logs|events|cloudwatch)/.test(path));
  const found: string[] = [];
  for (const path of paths) {
    const text = await readFile(join(home.dataDir, path), 'utf8');
    found.push(...linesWith(text).map((line) => `${path}: ${line}`));
  }

  expect(paths).toContain('events.jsonl');
  for (const container of ['headrace_router', 'headrace_loader', 'headrace_batch']) {
    expect(paths.filter((path) => path.includes(container))).not.toEqual([]);
  }
  expect(found).toEqual([]);
});

test('in the table it stands in the Environment that describing tells, and nowhere else', () => {
  const kinds = new Set<string>();
  for (const item of items) {
    const stripped = JSON.stringify(item, (member, value: unknown) =>
      member === 'Environment' ? undefined : value,
    );
    expect(linesWith(stripped)).toEqual([]);
    if (linesWith(JSON.stringify(item)).length > 0) kinds.add(String(item.kind));
  }

  expect(kinds).toEqual(new Set(['model', 'deployment', 'transform-job']));
});
