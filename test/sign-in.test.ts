import { readdir, readFile, stat } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { DeleteModelCommand, ListModelsCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { InvokeEndpointWithResponseStreamCommand } from '@aws-sdk/client-sagemaker-runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKey, keys } from './support/access-keys.ts';
import { type Credentials, clientsOf } from './support/clients.ts';
import { run, withoutAwsSettings } from './support/command.ts';
import { createPipeline, inService, invoke } from './support/pipelines.ts';
import { describeWith } from './support/required-client.ts';
import { type Home, makeHome, type RunningStack, runStack } from './support/run-stack.ts';
import { signedHeaders, type Unsigned } from './support/signing.ts';
import { stage } from './support/stage.ts';

const ENDPOINT = 'ci-words';

let home: Home;
let stack: RunningStack;
let admin: Credentials;
let reader: Credentials;
let invoker: Credentials;

beforeAll(async () => {
  home = await makeHome();
  stack = await runStack(home, { HEADRACE_AUTH: 'keys' });
  [admin, reader, invoker] = await Promise.all([
    createKey(stack, 'ops', '--allow', 'admin'),
    createKey(stack, 'watcher', '--allow', 'read'),
    createKey(stack, 'ci', '--allow', 'invoke', '--endpoints', 'ci-*'),
  ]);
  const { sagemaker } = clientsOf(stack, admin);
  await createPipeline(sagemaker, ENDPOINT, [
    stage(home.image, { SUFFIX: ' one' }),
    stage(home.image, { SUFFIX: ' two' }),
  ]);
  await inService(sagemaker, ENDPOINT);
});

afterAll(() => home?.remove());

const wrong = (credentials: Credentials) => ({ ...credentials, secretAccessKey: 'wrong' });
const STRANGER = { accessKeyId: `HRAK${'A'.repeat(16)}`, secretAccessKey: 'wrong' };

function listModels(credentials: Credentials) {
  return clientsOf(stack, credentials).sagemaker.send(new ListModelsCommand());
}

function invokeAs(credentials: Credentials, endpoint = ENDPOINT) {
  return invoke(clientsOf(stack, credentials).runtime, endpoint, 'zero');
}

async function stream(credentials: Credentials): Promise<string> {
  const { Body = [] } = await clientsOf(stack, credentials).runtime.send(
    new InvokeEndpointWithResponseStreamCommand({ EndpointName: ENDPOINT, Body: 'zero' }),
  );
  const parts: Uint8Array[] = [];
  for await (const { PayloadPart } of Body) parts.push(PayloadPart?.Bytes ?? Buffer.alloc(0));
  return Buffer.concat(parts).toString();
}

test('each key gets as far as its rights go, with the SDK for JavaScript', async () => {
  const { sagemaker } = clientsOf(stack, reader);

  const models = await listModels(reader);
  const answer = await invokeAs(invoker);
  const streamed = await stream(invoker);

  expect(streamed).toBe('zero one two');
  expect(models.Models).toMatchObject([{ ModelName: ENDPOINT }]);
  expect(answer).toBe('zero one two');
  await expect(sagemaker.send(new DeleteModelCommand({ ModelName: ENDPOINT }))).rejects.toThrow(
    expect.objectContaining({
      name: 'AccessDeniedException',
      message: expect.stringContaining(
        'user/headrace/watcher is not authorized to perform: sagemaker:DeleteModel',
      ),
    }),
  );
  await expect(listModels(invoker)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await expect(invokeAs(reader)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await expect(stream(reader)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await expect(invokeAs(invoker, 'others')).rejects.toMatchObject({
    name: 'AccessDeniedException',
    $metadata: { httpStatusCode: 403 },
  });
});

test.each([
  ['a wrong secret', () => wrong(admin), 'InvalidSignatureException'],
  ['a key that is not there', () => STRANGER, 'UnrecognizedClientException'],
])('%s is refused on both planes', async (_, credentials, name) => {
  const control = listModels(credentials());
  const data = invokeAs(credentials());

  await expect(control).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
  await expect(data).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 403 } });
});

test('who has no key learns nothing of which endpoints there are', async () => {
  const there = invokeAs(STRANGER).catch((error: Error) => error.message);
  const elsewhere = invokeAs(STRANGER, 'nowhere').catch((error: Error) => error.message);

  expect(await there).toBe(await elsewhere);
});

test('a clock that is an hour slow is refused, and the SDK then sets it right', async () => {
  const settings = { region: 'us-east-1', credentials: admin, endpoint: stack.gateway };
  const slow = { ...settings, systemClockOffset: -3_600_000 };

  const once = new SageMakerClient({ ...slow, maxAttempts: 1 }).send(new ListModelsCommand());
  const again = new SageMakerClient(slow).send(new ListModelsCommand());

  await expect(once).rejects.toMatchObject({
    name: 'InvalidSignatureException',
    message: expect.stringMatching(/^Signature expired: \d+T\d+Z is now earlier than /),
  });
  await expect(again).resolves.toMatchObject({ Models: [{ ModelName: ENDPOINT }] });
});

/** A signed request of which something may change on its way. @returns status and error code */
async function sendChanged(change: (request: Unsigned) => Partial<Unsigned>) {
  const { host } = new URL(stack.gateway);
  const request: Unsigned = {
    method: 'POST',
    path: `/endpoints/${ENDPOINT}/invocations`,
    headers: { host, 'content-type': 'text/csv' },
    body: Buffer.from('zero'),
    time: Date.now(),
  };
  const headers = await signedHeaders(request, admin);
  const {
    method,
    path,
    body,
    headers: changed,
  } = { ...request, headers, ...change({ ...request, headers }) };
  return await send(method, path, changed, body);
}

async function send(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: Buffer,
): Promise<{ status: number | undefined; code: unknown }> {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number | undefined;
    code: unknown;
  }>();
  const { hostname, port } = new URL(stack.gateway);
  const sent = httpRequest({ hostname, port, method, path, headers }, (response) => {
    response.resume();
    response.on('end', () =>
      resolve({ status: response.statusCode, code: response.headers['x-amzn-errortype'] }),
    );
  });
  sent.on('error', reject);
  sent.end(body);
  return await promise;
}

test.each<[string, (request: Unsigned) => Partial<Unsigned>, number]>([
  ['nothing', () => ({}), 200],
  ['a byte of the body', () => ({ body: Buffer.from('Zero') }), 403],
  ['the path', () => ({ path: '/endpoints/ci-others/invocations' }), 403],
  ['the method', () => ({ method: 'PUT' }), 403],
  ['the query', ({ path }) => ({ path: `${path}?x=1` }), 403],
  ['a header', ({ headers }) => ({ headers: { ...headers, 'content-type': 'text/CSV' } }), 403],
  ['its host', ({ headers }) => ({ headers: { ...headers, host: 'localhost' } }), 403],
])('a request of which %s has changed on its way: %#', async (what, change, status) => {
  const answer = await sendChanged(change);

  expect(answer).toEqual({
    status,
    code: what === 'nothing' ? undefined : 'InvalidSignatureException',
  });
});

test('a request that was signed for another host gets in nowhere else, with its Host header or without', async () => {
  const headers = { host: 'other.localhost', 'content-type': 'text/csv' };
  const path = `/endpoints/${ENDPOINT}/invocations`;
  const body = Buffer.from('zero');
  const request = { method: 'POST', path, headers, body, time: Date.now() };

  const answer = await send('POST', path, await signedHeaders(request, admin), body);

  expect(answer).toEqual({ status: 403, code: 'InvalidSignatureException' });
});

test.each(['/models', '/endpoints', '/metrics', `/endpoints/${ENDPOINT}/logs`])(
  'GET %s needs a signature too',
  async (path) => {
    const { host } = new URL(stack.gateway);
    const request = {
      method: 'GET',
      path,
      headers: { host },
      body: Buffer.alloc(0),
      time: Date.now(),
    };

    const unsigned = await send('GET', path, { host });
    const read = await send('GET', path, await signedHeaders(request, reader));
    const denied = await send('GET', path, await signedHeaders(request, invoker));

    expect(unsigned).toEqual({ status: 403, code: 'MissingAuthenticationTokenException' });
    expect(read.status).toBe(200);
    expect(denied).toEqual({ status: 403, code: 'AccessDeniedException' });
  },
);

test('a key gets in until it is replaced or revoked', async () => {
  const first = await createKey(stack, 'rotating', '--allow', 'read');
  const { created } = await keys(stack, 'rotate', '--name', 'rotating', '--overlap', '0m');
  const { accessKeyId = '', secretAccessKey = '' } = created[0] ?? {};
  const revoked = await createKey(stack, 'short-lived', '--allow', 'admin');
  await keys(stack, 'revoke', revoked.accessKeyId);

  await expect(listModels({ accessKeyId, secretAccessKey })).resolves.toBeDefined();
  for (const key of [first, revoked]) {
    await expect(listModels(key)).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
  }
});

await describeWith('boto3 signs in', ['python3', '-c', 'import boto3'], () => {
  test('good, wrong, unknown and lesser keys', async () => {
    const script = join(import.meta.dirname, 'boto3_sign_in.py');
    const pairs = [admin, reader, invoker].flatMap((key) => [key.accessKeyId, key.secretAccessKey]);

    const ran = await run(
      'python3',
      [script, stack.gateway, ENDPOINT, ...pairs],
      withoutAwsSettings(),
    );

    expect(ran.stderr).toBe('');
    expect(ran.stdout).toMatch(/^done$/m);
  });
});

await describeWith('AWS CLI signs in', ['aws', '--version'], () => {
  test('good and wrong keys, with and without a path in the endpoint URL', async () => {
    const aws = async ({ accessKeyId, secretAccessKey }: Credentials, url = stack.gateway) =>
      await run('aws', ['--endpoint-url', url, 'sagemaker', 'list-models'], {
        ...withoutAwsSettings(),
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
      });

    const good = await aws(reader);
    const staged = await aws(reader, `${stack.gateway}/local`);
    const bad = await aws(wrong(reader));
    const denied = await aws(invoker);

    expect(JSON.parse(good.stdout)).toMatchObject({ Models: [{ ModelName: ENDPOINT }] });
    expect(staged.stdout).toBe(good.stdout);
    expect(bad.stderr).toContain(
      '(InvalidSignatureException) when calling the ListModels operation',
    );
    expect(denied.stderr).toContain(
      '(AccessDeniedException) when calling the ListModels operation',
    );
  });
});

await describeWith('curl signs in', ['curl', '--aws-sigv4', 'x', '--version'], () => {
  test('with --aws-sigv4', async () => {
    const curl = async ({ accessKeyId, secretAccessKey }: Credentials, ...args: string[]) =>
      await run(
        'curl',
        [
          ...['-s', '--aws-sigv4', 'aws:amz:us-east-1:sagemaker'],
          ...['--user', `${accessKeyId}:${secretAccessKey}`, ...args],
        ],
        withoutAwsSettings(),
      );
    const url = `${stack.gateway}/endpoints/${ENDPOINT}/invocations`;

    const models = await curl(reader, `${stack.gateway}/models?MaxResults=5&SortBy=Name`);
    const answer = await curl(invoker, url, '-H', 'content-type: text/csv', '-d', 'zero');
    const bad = await curl(wrong(reader), `${stack.gateway}/models`);

    expect(JSON.parse(models.stdout)).toMatchObject({ Models: [{ ModelName: ENDPOINT }] });
    expect(answer.stdout).toBe('zero one two');
    expect(JSON.parse(bad.stdout)).toMatchObject({ __type: 'InvalidSignatureException' });
  });
});

test('keys outlive the stack; their secrets lie in one file that is its owner’s, and are told nowhere', async () => {
  const ended = await stack.end('SIGTERM');
  const files = await filesBelow(home.folder);
  const holding = [];
  for (const file of files) {
    const content = await readFile(file);
    if ([admin, reader, invoker].some(({ secretAccessKey }) => content.includes(secretAccessKey))) {
      holding.push(file);
    }
  }
  const parameters = join(home.dataDir, 'ssm', 'parameters.json');
  const { mode } = await stat(parameters);

  stack = await runStack(home, { HEADRACE_AUTH: 'keys' });
  const models = await listModels(reader);

  expect(holding).toEqual([parameters]);
  expect(mode & 0o777).toBe(0o600);
  expect(ended.stdout + ended.stderr).not.toContain(admin.secretAccessKey);
  expect(ended.stdout + ended.stderr).not.toContain('Signature=');
  expect(models.Models).toHaveLength(1);
});

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
