import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gatewayEvent, NOON } from '../../test/support/api.ts';
import { type Signer, signedEvent, type Unsigned } from '../../test/support/signing.ts';
import { canonicalRequest, scopeText, sha256, signature, signingKey } from '../aws/sigv4.ts';
import { ServiceError } from '../protocol/errors.ts';
import type { GatewayEvent } from '../protocol/gateway-event.ts';
import { AccessKey, type AccessKeyRecord } from './access-key.ts';
import { controlAction, invokeAction } from './action.ts';
import { type SignIn, signInByKeys } from './sign-in.ts';

const SIGNER: Signer = {
  accessKeyId: 'HRAKAAAAAAAAAAAAAAAA',
  secretAccessKey: 'SECRETSECRETSECRETSECRETSECRETSECRETSECR',
};
const HOST = 'api.example.com';
const STACK = { account: '123456789012', partition: 'aws', region: 'us-east-1', stack: 'mine' };
const MISMATCH = /^The request signature we calculated does not match the signature you provided/;
const MINUTE = 60_000;

const describeModel: Unsigned = {
  method: 'POST',
  path: '/',
  headers: {
    host: HOST,
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'SageMaker.DescribeModel',
  },
  body: Buffer.from('{"ModelName":"iris"}'),
  time: NOON,
};
const invokeEndpoint: Unsigned = {
  method: 'POST',
  path: '/endpoints/abalone-1/invocations',
  headers: { host: HOST, 'content-type': 'text/csv', 'x-amzn-sagemaker-target-variant': 'blue' },
  body: Buffer.from('1,2,3'),
  time: NOON,
};
const listModels: Unsigned = {
  method: 'GET',
  path: '/models',
  query: { MaxResults: '5', NameContains: "it's a+b%20&c=d" },
  headers: { host: HOST },
  body: Buffer.alloc(0),
  time: NOON,
};
const REQUESTS = { describeModel, invokeEndpoint, listModels };

function signIn(record: Partial<AccessKeyRecord> = {}, now = NOON): SignIn {
  const key = new AccessKey(SIGNER.accessKeyId, {
    secret: SIGNER.secretAccessKey,
    name: 'ci',
    allow: ['admin'],
    createdAt: NOON,
    ...record,
  });
  const keys = { get: async (id: string) => (id === key.id ? key : undefined) };
  return signInByKeys(keys, STACK, { now: () => now });
}

function actionOf(event: GatewayEvent) {
  return event.path.includes('invocations') ? invokeAction(event) : controlAction(event);
}

/** undefined: it gets in. */
async function refusalOf(event: GatewayEvent, check = signIn()): Promise<ServiceError | undefined> {
  try {
    await check(event, actionOf(event));
    return undefined;
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
}

test.each(Object.entries(REQUESTS))('%s gets in as the SDK signed it', async (_, request) => {
  const event = await signedEvent(request, SIGNER);

  expect(await refusalOf(event)).toBeUndefined();
});

test.each([
  { signed: '/prod', seen: '/', told: '/prod' },
  { signed: '/prod/', seen: '/', told: '/prod/' },
  { signed: '/prod', seen: '/', told: undefined },
  { signed: '/prod/', seen: '/', told: undefined },
  { signed: '/', seen: '/prod', told: undefined },
  { signed: '/prod/models', seen: '/models', told: '/prod/models' },
  { signed: '/prod/models', seen: '/models', told: undefined },
  { signed: '/models', seen: '/prod/models', told: undefined },
])('a path gets in with and without the stage: $signed signed, $seen seen', async (path) => {
  const { signed, seen, told } = path;
  const event = await signedEvent({ ...listModels, path: signed }, SIGNER);
  const requestContext = {
    ...event.requestContext,
    ...(told !== undefined && { path: told }),
  };

  expect(await refusalOf({ ...event, path: seen, requestContext })).toBeUndefined();
});

/** Signed by hand, as no SDK does it: with the time in Date, and a scope of any day. */
function signedByDate(day: string): GatewayEvent {
  const date = new Date(NOON).toUTCString();
  const scope = { day, region: 'us-east-1', service: 'sagemaker' };
  const request = { ...listModels, query: [], headers: Object.entries({ date, host: HOST }) };
  const canonical = canonicalRequest({ ...request, bodyHash: sha256('') });
  const key = signingKey(SIGNER.secretAccessKey, scope);
  const signed = signature(key, '20261122T120000Z', scope, canonical).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${SIGNER.accessKeyId}/${scopeText(scope)}, SignedHeaders=date;host, Signature=${signed}`;
  const { method: httpMethod, path } = listModels;
  return gatewayEvent({ httpMethod, path, headers: { date, host: HOST, authorization } });
}

test('the time may be in the Date header', async () => {
  expect(await refusalOf(signedByDate('20261122'))).toBeUndefined();
});

test('a key that was derived for another day signs for that day only', async () => {
  expect(await refusalOf(signedByDate('20261121'))).toMatchObject({
    code: 'InvalidSignatureException',
    message: expect.stringMatching(/^Date in Credential scope does not match YYYYMMDD/),
  });
});

interface Case {
  title: string;
  request?: Partial<Unsigned>;
  signer?: Partial<Signer>;
  change?: (event: GatewayEvent) => GatewayEvent;
  record?: Partial<AccessKeyRecord>;
  now?: number;
  code: string;
  message: RegExp;
}

const withHeader = (name: string, value: string | undefined) => (event: GatewayEvent) => ({
  ...event,
  headers: { ...event.headers, [name]: value },
});

test.each<Case>([
  {
    title: 'no signature',
    change: (event) => ({ ...event, headers: { host: HOST } }),
    code: 'MissingAuthenticationTokenException',
    message: /^Missing Authentication Token/,
  },
  {
    title: 'a bearer token',
    change: withHeader('authorization', 'Bearer x'),
    code: 'IncompleteSignatureException',
    message: /must begin with AWS4-HMAC-SHA256/,
  },
  {
    title: 'an Authorization header without a signature',
    change: (event) =>
      withHeader('authorization', event.headers.authorization?.replace(/, Signature.*/, ''))(event),
    code: 'IncompleteSignatureException',
    message: /requires 'Signature' parameter/,
  },
  {
    title: 'two signatures in one header',
    change: (event) =>
      withHeader(
        'authorization',
        `${event.headers.authorization}, Signature=${'0'.repeat(64)}`,
      )(event),
    code: 'IncompleteSignatureException',
    message: /each once/,
  },
  {
    title: 'more in the header than there should be',
    change: (event) => withHeader('authorization', `${event.headers.authorization}, X=y`)(event),
    code: 'IncompleteSignatureException',
    message: /nothing else/,
  },
  {
    title: 'a credential with a part too few',
    change: (event) =>
      withHeader('authorization', event.headers.authorization?.replace('/us-east-1', ''))(event),
    code: 'IncompleteSignatureException',
    message: /exactly 5 slash-delimited elements/,
  },
  {
    title: 'a presigned URL',
    change: (event) => ({
      ...event,
      headers: { host: HOST },
      queryStringParameters: { 'X-Amz-Signature': 'x' },
    }),
    code: 'IncompleteSignatureException',
    message: /^Presigned URLs are not taken here/,
  },
  {
    title: 'a session token',
    signer: { sessionToken: 'token' },
    code: 'UnrecognizedClientException',
    message: /^The security token included in the request is invalid\. .*no session token/,
  },
  {
    title: 'a key of AWS',
    signer: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE' },
    code: 'UnrecognizedClientException',
    message: /^The security token included in the request is invalid\. .*begin with HRAK/,
  },
  {
    title: 'a key that is not there',
    signer: { accessKeyId: 'HRAKBBBBBBBBBBBBBBBB' },
    code: 'UnrecognizedClientException',
    message: /^The security token included in the request is invalid\.$/,
  },
  {
    title: 'a key that has expired',
    record: { expiresAt: NOON },
    code: 'UnrecognizedClientException',
    message: /^The security token included in the request is invalid\.$/,
  },
  {
    title: 'a wrong secret',
    signer: { secretAccessKey: 'another' },
    code: 'InvalidSignatureException',
    message: MISMATCH,
  },
  {
    title: 'another region',
    signer: { region: 'eu-west-1' },
    code: 'InvalidSignatureException',
    message: /valid region: 'us-east-1'/,
  },
  {
    title: 'another service',
    signer: { service: 'execute-api' },
    code: 'InvalidSignatureException',
    message: /correct service: 'sagemaker'/,
  },
  {
    title: 'an old date',
    now: NOON + 15 * MINUTE + 1000,
    code: 'InvalidSignatureException',
    message:
      /^Signature expired: 20261122T120000Z is now earlier than 20261122T120001Z \(20261122T121501Z - 15 min\.\)$/,
  },
  {
    title: 'a date to come',
    now: NOON - 15 * MINUTE - 1000,
    code: 'InvalidSignatureException',
    message:
      /^Signature not yet current: 20261122T120000Z is still later than 20261122T115959Z \(20261122T114459Z \+ 15 min\.\)$/,
  },
  {
    title: 'no date',
    change: withHeader('x-amz-date', undefined),
    code: 'IncompleteSignatureException',
    message: /'X-Amz-Date' or a 'Date' header/,
  },
  {
    title: 'another host by the same name: API Gateway says how it was reached',
    change: (event) => ({
      ...event,
      requestContext: { ...event.requestContext, domainName: 'other.example.com' },
    }),
    code: 'InvalidSignatureException',
    message: MISMATCH,
  },
  {
    title: 'another Host header',
    change: (event) => ({
      ...withHeader('host', 'other.example.com')(event),
      requestContext: { ...event.requestContext, domainName: 'other.example.com' },
    }),
    code: 'InvalidSignatureException',
    message: MISMATCH,
  },
  {
    title: 'a host that is not signed',
    change: (event) =>
      withHeader('authorization', event.headers.authorization?.replace('host;', ''))(event),
    code: 'InvalidSignatureException',
    message: /'Host' or ':authority' must be a 'SignedHeader'/,
  },
  {
    title: 'a header of SageMaker added on the way',
    change: withHeader('X-Amzn-SageMaker-Target-Variant', 'green'),
    code: 'InvalidSignatureException',
    message: /not signed: x-amzn-sagemaker-target-variant/,
  },
  {
    title: 'a signed header doubled on the way',
    change: (event) => withHeader('X-AMZ-DATE', event.headers['x-amz-date'])(event),
    code: 'InvalidSignatureException',
    message: MISMATCH,
  },
  {
    title: 'a member of the query doubled on the way',
    change: (event) => ({
      ...event,
      multiValueQueryStringParameters: { MaxResults: ['5', '5'] },
    }),
    code: 'InvalidSignatureException',
    message: MISMATCH,
  },
  {
    title: 'an unsigned body',
    request: { headers: { host: HOST, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
    code: 'InvalidSignatureException',
    message: /^The body must be signed/,
  },
  {
    title: 'a hash that is not of this body',
    request: { headers: { host: HOST, 'x-amz-content-sha256': '0'.repeat(64) } },
    code: 'InvalidSignatureException',
    message: MISMATCH,
  },
  {
    title: 'a right that the key has not',
    record: { allow: ['invoke'], endpoints: ['abalone-*'] },
    code: 'AccessDeniedException',
    message:
      /^User: arn:aws:iam::123456789012:user\/mine\/ci is not authorized to perform: sagemaker:ListModels on resource: arn:aws:sagemaker:us-east-1:123456789012:\* because its access key allows invoke on abalone-\*$/,
  },
])('$title: $code', async (one) => {
  const { request, signer, change = (event) => event, record, now, code, message } = one;
  const event = await signedEvent({ ...listModels, ...request }, { ...SIGNER, ...signer });

  const refused = await refusalOf(change(event), signIn(record, now));

  expect(refused).toMatchObject({ code, message: expect.stringMatching(message) });
});

test('an endpoint outside of the pattern is refused in the words of AWS', async () => {
  const event = await signedEvent(invokeEndpoint, SIGNER);

  const refused = await refusalOf(event, signIn({ allow: ['invoke'], endpoints: ['iris*'] }));

  expect(refused).toMatchObject({
    code: 'AccessDeniedException',
    message: expect.stringContaining(
      'not authorized to perform: sagemaker:InvokeEndpoint on resource: arn:aws:sagemaker:us-east-1:123456789012:endpoint/abalone-1',
    ),
  });
});

test('whoever has no valid signature learns nothing of rights', async () => {
  const event = await signedEvent(listModels, { ...SIGNER, secretAccessKey: 'wrong' });

  const refused = await refusalOf(event, signIn({ allow: ['invoke'] }));

  expect(refused?.code).toBe('InvalidSignatureException');
});

/** Where a bit may fall: each gives the event with that bit of it changed. */
const PLACES: Record<string, (event: GatewayEvent, at: number, bit: number) => GatewayEvent> = {
  method: (event, at, bit) => ({ ...event, httpMethod: flipped(event.httpMethod, at, bit) }),
  path: (event, at, bit) => ({ ...event, path: flipped(event.path, at, bit) }),
  query: (event, at, bit) => {
    const members = Object.entries(event.queryStringParameters ?? {});
    if (members.length === 0) return event;
    const text = flipped(JSON.stringify(members), at, bit);
    const changed = parsed(text) ?? members.slice(1);
    return { ...event, queryStringParameters: Object.fromEntries(changed) };
  },
  body: (event, at, bit) => {
    const body = Buffer.from(event.body ?? '', 'base64');
    const longer = body.length > 0 ? body : Buffer.alloc(1);
    const index = at % longer.length;
    longer.writeUInt8(longer.readUInt8(index) ^ (1 << bit), index);
    return { ...event, body: longer.toString('base64') };
  },
  header: (event, at, bit) => {
    const names = Object.keys(event.headers);
    const name = names[at % names.length] ?? '';
    return withHeader(name, flipped(event.headers[name] ?? '', at >> 4, bit))(event);
  },
  'header name': (event, at, bit) => {
    const names = Object.keys(event.headers);
    const name = names[at % names.length] ?? '';
    const { [name]: value, ...others } = event.headers;
    return { ...event, headers: { ...others, [flipped(name, at >> 4, bit)]: value } };
  },
};

function parsed(text: string): [string, string][] | undefined {
  try {
    return JSON.parse(text) as [string, string][];
  } catch {
    return undefined;
  }
}

/** Letters differ from their capitals in bit 5: of header names that is no change. */
function flipped(text: string, at: number, bit: number): string {
  const bytes = Buffer.from(text, 'latin1');
  const index = at % bytes.length;
  bytes.writeUInt8(bytes.readUInt8(index) ^ (1 << bit), index);
  return bytes.toString('latin1');
}

test('a signed request of which any one bit is changed is refused', async () => {
  const events = await Promise.all(
    Object.values(REQUESTS).map((request) => signedEvent(request, SIGNER)),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...events),
      fc.constantFrom(...Object.keys(PLACES)),
      fc.nat(4000),
      fc.nat(7),
      async (event, place, at, bit) => {
        const changed = PLACES[place]!(event, at, bit);
        fc.pre(meaningOf(changed) !== meaningOf(event));

        const refused = await refusalOf(changed);

        expect(refused?.status).toBe(403);
      },
    ),
    { numRuns: 3000 },
  );
});

/** Names of headers are matched whatever their case; white space around a value is none of it. */
function meaningOf(event: GatewayEvent): string {
  const headers = Object.entries(event.headers).map(([name, value = '']) => [
    name.toLowerCase(),
    value.trim(),
  ]);
  return JSON.stringify([{ ...event, headers: undefined }, headers.sort()]);
}
