import { DescribeEndpointConfigCommand } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientsOf } from './support/clients.ts';
import { run, withoutAwsSettings } from './support/command.ts';
import { gone, inService, variantOf } from './support/pipelines.ts';
import { describeWith } from './support/required-client.ts';
import { type Home, makeHome, type RunningStack, runStack } from './support/run-stack.ts';
import { stage } from './support/stage.ts';

const ARN = 'arn:aws:sagemaker:us-east-1:000000000000';

let home: Home;
let stack: RunningStack;

beforeAll(async () => {
  home = await makeHome();
  stack = await runStack(home);
});

afterAll(() => home?.remove());

interface Answer {
  status: number;
  type: string | null;
  error: string | null;
  body: unknown;
}

async function rest(method: string, path: string, members?: object): Promise<Answer> {
  const response = await fetch(`${stack.gateway}${path}`, {
    method,
    signal: AbortSignal.timeout(10_000),
    ...(members && { body: JSON.stringify(members) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    error: response.headers.get('x-amzn-errortype'),
    body: text === '' ? undefined : JSON.parse(text),
  };
}

test('no page of a browser gets in, by whatever door', async () => {
  const answers = await Promise.all(
    [stack.gateway, stack.s3, stack.dynamodb, stack.ecs].map(async (url) => {
      const headers = { origin: 'https://evil.example', 'content-type': 'text/plain' };
      const body = JSON.stringify({ ModelName: 'pwned', PrimaryContainer: stage(home.image) });
      const { status } = await fetch(`${url}/models`, { method: 'POST', headers, body });
      return status;
    }),
  );

  expect(answers).toEqual([403, 403, 403, 403]);
  expect((await rest('GET', '/models/pwned')).status).toBe(400);
});

test('the whole life of a pipeline by paths and methods', async () => {
  const { sagemaker } = clientsOf(stack);
  const name = 'rest-pipeline';
  const Containers = [stage(home.image, { SUFFIX: ' one' }), stage(home.image)];

  const model = await rest('POST', '/models', { ModelName: name, Containers });
  const config = await rest('POST', '/endpoint-configs', {
    EndpointConfigName: name,
    ProductionVariants: [variantOf(name)],
  });
  const endpoint = await rest('POST', '/endpoints', {
    EndpointName: name,
    EndpointConfigName: name,
  });
  await inService(sagemaker, name);
  const described = await Promise.all(
    ['models', 'endpoint-configs', 'endpoints'].map((noun) => rest('GET', `/${noun}/${name}`)),
  );
  const invoked = await fetch(`${stack.gateway}/endpoints/${name}/invocations`, {
    method: 'POST',
    body: 'zero',
    headers: { 'content-type': 'text/csv; header=absent' },
  });
  const answer = await invoked.text();
  const deleted = [await rest('DELETE', `/endpoints/${name}`)];
  await gone(sagemaker, name);
  deleted.push(await rest('DELETE', `/endpoint-configs/${name}`));
  deleted.push(await rest('DELETE', `/models/${name}`));
  const missing = await rest('GET', `/models/${name}`);

  expect(model).toMatchObject({ status: 200, type: 'application/json' });
  expect([model, config, endpoint].map(({ body }) => body)).toEqual([
    { ModelArn: `${ARN}:model/${name}` },
    { EndpointConfigArn: `${ARN}:endpoint-config/${name}` },
    { EndpointArn: `${ARN}:endpoint/${name}` },
  ]);
  expect(described.map(({ body }) => body)).toMatchObject([
    { ModelName: name, Containers },
    { EndpointConfigName: name, ProductionVariants: [variantOf(name)] },
    { EndpointName: name, EndpointStatus: 'InService' },
  ]);
  expect(answer).toBe('zero one');
  expect(invoked.headers.get('content-type')).toBe('text/csv; header=absent');
  expect(invoked.headers.get('server-timing')).toMatch(
    /^container-1;dur=[\d.]+, container-2;dur=[\d.]+, router;dur=[\d.]+$/,
  );
  expect(invoked.headers.get('x-amzn-requestid')).toBeTruthy();
  expect(deleted.map(({ status, body }) => [status, body])).toEqual(
    deleted.map(() => [200, undefined]),
  );
  const message = `Could not find model "${ARN}:model/${name}".`;
  expect(missing).toMatchObject({
    status: 400,
    error: 'ValidationException',
    body: { message, Message: message },
  });
});

test("a production variant's own limits, from its configuration to its routers", async () => {
  const { sagemaker } = clientsOf(stack);
  const name = 'limits';
  const limits = { InvocationTimeoutInSeconds: 1, MaxPayloadInMB: 1 };
  const given = {
    EndpointConfigName: name,
    ProductionVariants: [{ ...variantOf(name), ...limits }],
  };
  const invoke = (body: string) =>
    fetch(`${stack.gateway}/endpoints/${name}/invocations`, { method: 'POST', body });
  const slow = stage(home.image, { SLEEP_MS: '60000' });
  await rest('POST', '/models', { ModelName: name, Containers: [stage(home.image), slow] });

  const bySageMaker = await fetch(stack.gateway, {
    method: 'POST',
    headers: { 'x-amz-target': 'SageMaker.CreateEndpointConfig' },
    body: JSON.stringify(given),
  });
  const refusal = await bySageMaker.text();
  const created = await rest('POST', '/endpoint-configs', given);
  const described = await rest('GET', `/endpoint-configs/${name}`);
  const bySdk = await sagemaker.send(
    new DescribeEndpointConfigCommand({ EndpointConfigName: name }),
  );
  await rest('POST', '/endpoints', { EndpointName: name, EndpointConfigName: name });
  await inService(sagemaker, name);
  const late = await invoke('in time?');
  const lateBody = await late.json();
  const large = await invoke('x'.repeat(1_048_577));

  expect(bySageMaker.status).toBe(400);
  expect(refusal).toMatch(/invocationTimeoutInSeconds'.* not part of the SageMaker API/);
  expect(created.status).toBe(200);
  expect(described.body).toMatchObject({ ProductionVariants: [limits] });
  expect(bySdk.ProductionVariants).toMatchObject([variantOf(name)]);
  expect(bySdk.ProductionVariants?.[0]).not.toHaveProperty('MaxPayloadInMB');
  expect(late.status).toBe(424);
  expect(lateBody).toMatchObject({
    Message: expect.stringContaining('waiting for a response from container container-2.'),
  });
  expect(large.status).toBe(413);
  expect(await large.json()).toMatchObject({
    Message: 'HTTP content length exceeded 1048576 bytes.',
  });
});

test('lists take their members from the query, pages and times among them', async () => {
  const since = new Date().toISOString();
  const names = ['query-a', 'query-b', 'query-c'];
  for (const ModelName of names) {
    await rest('POST', '/models', { ModelName, PrimaryContainer: stage(home.image) });
  }
  const query = `CreationTimeAfter=${since}&NameContains=query&SortOrder=Ascending&MaxResults=2`;

  const first = await rest('GET', `/models?${query}`);
  const { NextToken } = first.body as { NextToken: string };
  const second = await rest('GET', `/models?${query}&NextToken=${encodeURIComponent(NextToken)}`);

  expect(first.body).toMatchObject({
    Models: [{ ModelName: 'query-a' }, { ModelName: 'query-b' }],
  });
  expect(second.body).toMatchObject({ Models: [{ ModelName: 'query-c' }] });
  expect(second.body).not.toHaveProperty('NextToken');
});

test('tags by ARN', async () => {
  await rest('POST', '/models', { ModelName: 'tagged', PrimaryContainer: stage(home.image) });
  const ResourceArn = `${ARN}:model/tagged`;
  const Tags = [
    { Key: 'a', Value: '1' },
    { Key: 'b', Value: '2' },
  ];

  const added = await rest('POST', '/tags', { ResourceArn, Tags });
  const removed = await rest('DELETE', `/tags?ResourceArn=${ResourceArn}&TagKeys=a,absent`);
  const listed = await rest('GET', `/tags?ResourceArn=${ResourceArn}`);

  expect(added.body).toEqual({ Tags });
  expect(removed.status).toBe(200);
  expect(listed.body).toEqual({ Tags: [{ Key: 'b', Value: '2' }] });
});

test.each([
  ['GET', '/nothing', 404, '/models'],
  ['PUT', '/models', 405, 'GET, POST'],
  ['GET', '/models?MaxResults=many', 400, "'many' at 'maxResults'"],
  ['GET', '/models?Colour=blue', 400, "'colour'"],
  ['GET', '/endpoints/x/invocations', 405, 'POST'],
  ['POST', '/endpoints/x/elsewhere', 404, '/endpoints/x/invocations'],
])('%s %s says what is wrong and what would be right', async (method, path, status, hint) => {
  const answer = await rest(method, path);

  expect(answer.status).toBe(status);
  expect(answer.error).toBeTruthy();
  expect((answer.body as { message: string }).message).toContain(hint);
});

await describeWith('curl', ['curl', '--version'], () => {
  test('a person with curl can do the same', async () => {
    const curl = (...args: string[]) =>
      run('curl', ['-sS', '--max-time', '10', ...args], withoutAwsSettings());
    const model = { ModelName: 'by-hand', PrimaryContainer: stage(home.image) };
    const url = `${stack.gateway}/models`;

    const created = await curl(url, '-d', JSON.stringify(model));
    const listed = await curl(`${url}?NameContains=by-hand`);
    const deleted = await curl('-X', 'DELETE', '-w', '%{http_code}', `${url}/by-hand`);

    expect(JSON.parse(created.stdout)).toEqual({ ModelArn: `${ARN}:model/by-hand` });
    expect(JSON.parse(listed.stdout)).toMatchObject({ Models: [{ ModelName: 'by-hand' }] });
    expect(deleted.stdout).toBe('200');
  });
});
