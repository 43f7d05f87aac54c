import { expect, test } from 'vitest';
import { NOON } from '../../test/support/api.ts';
import { signedEvent } from '../../test/support/signing.ts';
import type { GatewayEvent } from '../protocol/gateway-event.ts';
import { AccessKey } from './access-key.ts';
import { invokeAction } from './action.ts';
import { type AuthorizerEvent, relayAuthorization } from './relay-authorization.ts';
import { signInByKeys } from './sign-in.ts';

const SIGNER = { accessKeyId: `HRAK${'A'.repeat(16)}`, secretAccessKey: 'secret' };
const STACK = { account: '123456789012', partition: 'aws', region: 'us-east-1', stack: 'mine' };
const methodArn =
  'arn:aws:execute-api:us-east-1:123456789012:api/prod/POST/endpoints/a/invocations';
const BODY = Buffer.from('1,2,3');

const key = new AccessKey(SIGNER.accessKeyId, {
  secret: SIGNER.secretAccessKey,
  name: 'ci',
  allow: ['invoke'],
  createdAt: NOON,
});
const signIn = signInByKeys({ get: async () => key }, STACK, { now: () => NOON });

/** As the SDK for JavaScript sends it: it signs the length too. */
function signed(): Promise<GatewayEvent> {
  const headers = {
    host: 'api.example.com',
    'content-length': String(BODY.length),
    'content-type': 'text/csv',
  };
  const path = '/endpoints/a/invocations';
  return signedEvent({ method: 'POST', path, headers, body: BODY, time: NOON }, SIGNER);
}

/** What is left of a request when a REST API hands it to a function. */
function handedOn(event: GatewayEvent, authorizer?: Record<string, string>): GatewayEvent {
  const { authorization: _, 'content-length': __, ...headers } = event.headers;
  return {
    ...event,
    headers,
    multiValueHeaders: Object.fromEntries(
      Object.entries(headers).map(([name, value = '']) => [name, [value]]),
    ),
    requestContext: { ...event.requestContext, authorizer },
  };
}

test('a signature that API Gateway keeps from the function gets there all the same', async () => {
  const sent = await signed();

  const { context } = relayAuthorization({ ...sent, methodArn });
  const event = handedOn(sent, context as Record<string, string>);

  expect(event.headers.authorization).toBeUndefined();
  await expect(signIn(event, invokeAction(event))).resolves.toBeUndefined();
});

test('without the authorizer the request is as good as unsigned', async () => {
  const event = handedOn(await signed());

  await expect(signIn(event, invokeAction(event))).rejects.toMatchObject({
    code: 'MissingAuthenticationTokenException',
  });
});

test('a length that was signed is that of the body', async () => {
  const sent = await signed();
  const { context } = relayAuthorization({ ...sent, methodArn });
  const longer = { ...sent, body: Buffer.from('1,2,3,4').toString('base64') };
  const event = handedOn(longer, context as Record<string, string>);

  await expect(signIn(event, invokeAction(event))).rejects.toMatchObject({
    code: 'InvalidSignatureException',
  });
});

test.each<[string, Partial<AuthorizerEvent>]>([
  ['no Authorization header', { headers: {}, multiValueHeaders: {} }],
  ['two of them', { headers: {}, multiValueHeaders: { Authorization: ['one', 'two'] } }],
])('with %s there is nothing to hand on, and nothing is decided', (_, event) => {
  const answer = relayAuthorization({ headers: {}, methodArn, ...event });

  expect(answer).toEqual({
    principalId: 'unchecked',
    policyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'execute-api:Invoke',
          Resource: 'arn:aws:execute-api:us-east-1:123456789012:api/*',
        },
      ],
    },
  });
});
