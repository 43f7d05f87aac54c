import { expect, test, vi } from 'vitest';
import { gatewayEvent } from '../../test/support/api.ts';
import { testConfig } from '../../test/support/config.ts';
import { ServiceUnavailable } from '../protocol/errors.ts';
import type { GatewayEvent } from '../protocol/gateway-event.ts';
import { guardApi, guardInvoke } from './guard.ts';
import { Refusal } from './refusal.ts';
import type { Action } from './rights.ts';
import { createSignIn, type SignIn } from './sign-in.ts';

const call = (operation: string) =>
  gatewayEvent({ headers: { 'X-Amz-Target': `SageMaker.${operation}` } });
const rest = (httpMethod: string, path: string) => gatewayEvent({ httpMethod, path });

/** What is asked for, by who tries to have `event` answered by either plane. */
async function asked(plane: 'api' | 'invoke', event: GatewayEvent): Promise<Action | undefined> {
  let asked: Action | undefined;
  const signIn: SignIn = async (_, action) => {
    asked = action;
  };
  if (plane === 'api') {
    await guardApi(signIn, async () => ({ statusCode: 200, body: '' }))(event);
  } else await guardInvoke(signIn, async () => undefined)(event);
  return asked;
}

test.each<[GatewayEvent, string, string]>([
  [call('ListModels'), 'ListModels', 'read'],
  [call('DescribeTransformJob'), 'DescribeTransformJob', 'read'],
  [call('CreateModel'), 'CreateModel', 'admin'],
  [call('Describer'), 'Describer', 'admin'],
  [call(''), 'UnknownOperation', 'admin'],
  [{ ...call('ListModels'), path: '/prod/' }, 'ListModels', 'read'],
  [{ ...call('ListModels'), path: '/models' }, 'CreateModel', 'admin'],
  [rest('GET', '/models'), 'ListModels', 'read'],
  [rest('GET', '/prod/endpoints/iris'), 'DescribeEndpoint', 'read'],
  [rest('GET', '/transform-triggers/new'), 'GetTransformTrigger', 'read'],
  [rest('GET', '/tags'), 'ListTags', 'read'],
  [rest('POST', '/models'), 'CreateModel', 'admin'],
  [rest('DELETE', '/endpoints/iris'), 'DeleteEndpoint', 'admin'],
  [rest('POST', '/transform-jobs/nightly/stop'), 'StopTransformJob', 'admin'],
  [rest('GET', '/nowhere'), 'UnknownOperation', 'admin'],
  [rest('PATCH', '/models'), 'UnknownOperation', 'admin'],
])('the control plane takes a right: %#', async (event, name, right) => {
  expect(await asked('api', event)).toEqual({ name, right, resource: '*' });
});

test.each([
  ['/endpoints/iris/invocations', 'InvokeEndpoint', 'endpoint/iris'],
  ['/prod/endpoints/iris/invocations', 'InvokeEndpoint', 'endpoint/iris'],
  [
    '/endpoints/iris/invocations-response-stream',
    'InvokeEndpointWithResponseStream',
    'endpoint/iris',
  ],
  ['/endpoints/a%2Fb/invocations', 'InvokeEndpoint', 'endpoint/a/b'],
  ['/', 'InvokeEndpoint', 'endpoint/'],
])('the data plane takes the right to invoke: %s', async (path, name, resource) => {
  const expected = { name, right: 'invoke', resource };

  expect(await asked('invoke', rest('POST', path))).toEqual(expected);
});

const denied = new Refusal('AccessDeniedException', 'No.');
const throttled = new Refusal('ThrottlingException', 'Rate exceeded', 429);
const unavailable = new ServiceUnavailable('Later.');

test.each([
  [denied, call('ListModels'), 400],
  [throttled, call('ListModels'), 400],
  [unavailable, call('ListModels'), 503],
  [denied, rest('GET', '/models'), 403],
  [throttled, rest('GET', '/models'), 429],
  [unavailable, rest('GET', '/models'), 503],
])('a refusal has the status of its protocol: %#', async (error, event, status) => {
  const api = vi.fn();
  const answer = await guardApi(() => Promise.reject(error), api)(event);
  const invoke = vi.fn();
  const invoked = await guardInvoke(() => Promise.reject(error), invoke)(event);

  expect(answer).toMatchObject({
    statusCode: status,
    headers: { 'x-amzn-ErrorType': error.code },
  });
  expect(JSON.parse(answer.body)).toEqual({
    __type: error.code,
    message: error.message,
    Message: error.message,
  });
  expect(invoked).toMatchObject({ statusCode: status, body: Buffer.from(answer.body) });
  expect(api).not.toHaveBeenCalled();
  expect(invoke).not.toHaveBeenCalled();
});

const ACTION: Action = { name: 'ListModels', right: 'read', resource: '*' };
const withUser = (userArn: string | null) =>
  gatewayEvent({ requestContext: { requestId: 'r', stage: 'prod', identity: { userArn } } });

test('by IAM only those get in of whom API Gateway says who they are', async () => {
  const signIn = createSignIn({ ...testConfig, auth: 'iam' }, { now: Date.now });

  await expect(
    signIn(withUser('arn:aws:iam::123456789012:user/me'), ACTION),
  ).resolves.toBeUndefined();
  await expect(signIn(withUser(null), ACTION)).rejects.toMatchObject({ status: 403 });
  await expect(signIn(gatewayEvent(), ACTION)).rejects.toMatchObject({ status: 403 });
});

test('who configures nothing lets nobody in unsigned', async () => {
  const signIn = createSignIn(testConfig, { now: Date.now });

  await expect(signIn(gatewayEvent(), ACTION)).rejects.toMatchObject({
    code: 'MissingAuthenticationTokenException',
  });
});
