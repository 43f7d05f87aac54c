import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { signedHeaders } from '../../test/support/signing.ts';
import { closeServer, listenOnLoopback } from '../local/http-server.ts';
import { type Credentials, signedCall } from './signed-call.ts';

const NOON = Date.UTC(2026, 10, 22, 12);
const CREDENTIALS: Credentials = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'a secret',
  sessionToken: 'a token',
};
const INPUT = { Name: '/mine/keys/a', WithDecryption: true };

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => Promise.all(servers.splice(0).map(closeServer)));

interface Seen {
  headers: IncomingMessage['headers'];
  body: string;
}

/** A service that answers one request after the other as it is told; the last answer stays. */
async function serve(...answers: ((response: ServerResponse) => void)[]) {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const chunks = (await request.toArray()) as Buffer[];
    seen.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    const answer = answers[Math.min(seen.length, answers.length) - 1];
    answer?.(response);
  });
  servers.push(server);
  const url = `http://127.0.0.1:${await listenOnLoopback(server, 0)}/`;
  const call = (credentials = CREDENTIALS) =>
    signedCall(
      { name: 'ssm', url, region: 'eu-west-1', json: '1.1' },
      'AmazonSSM.GetParameter',
      INPUT,
      {
        credentials,
        clock: { now: () => NOON },
      },
    );
  return { call, seen };
}

const says = (status: number, text: string) => (response: ServerResponse) =>
  response.writeHead(status).end(text);
const breaksOff = (response: ServerResponse) => response.destroy();

test.each([
  ['a role', CREDENTIALS],
  ['a user', { ...CREDENTIALS, sessionToken: undefined }],
])('is signed as the SDK signs it, with the credentials of %s', async (_, credentials) => {
  const { call, seen } = await serve(says(200, '{"Parameter":{}}'));

  const answer = await call(credentials);

  const [{ headers, body } = { headers: {}, body: '' }] = seen;
  const names = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1]?.split(';') ?? [];
  const theirs = await signedHeaders(
    {
      method: 'POST',
      path: '/',
      headers: Object.fromEntries(names.map((name) => [name, String(headers[name])])),
      body: Buffer.from(body),
      time: NOON,
    },
    {
      accessKeyId: 'ASIAEXAMPLE',
      secretAccessKey: 'a secret',
      region: 'eu-west-1',
      service: 'ssm',
    },
    { applyChecksum: false },
  );
  expect(answer).toEqual({ Parameter: {} });
  expect(JSON.parse(body)).toEqual(INPUT);
  expect(headers.authorization).toBe(theirs.authorization);
  expect(names).toContain('x-amz-target');
  expect(headers['x-amz-security-token']).toBe(credentials.sessionToken);
});

test.each([
  ['a connection that breaks off', breaksOff],
  ['an error of the service', says(500, '{"__type":"InternalServerError"}')],
])('%s is tried again, once', async (_, fails) => {
  const helped = await serve(fails, says(200, '{}'));
  const helpless = await serve(fails);

  expect(await helped.call()).toEqual({});
  await expect(helpless.call()).rejects.toThrow();
  expect(helped.seen).toHaveLength(2);
  expect(helpless.seen).toHaveLength(2);
});

test('a refusal is told by its code, and not tried again', async () => {
  const { call, seen } = await serve(
    says(400, '{"__type":"com.amazonaws.ssm#ParameterNotFound","message":"MARKER"}'),
  );

  await expect(call()).rejects.toMatchObject({
    code: 'ParameterNotFound',
    message: 'ssm answered 400 ParameterNotFound.',
  });
  expect(seen).toHaveLength(1);
});

test('an error quotes nothing of an answer', async () => {
  const { call } = await serve(says(200, '{"Parameter":{"Value":"MARKER'));

  await expect(call()).rejects.toThrow(/^ssm answered with what is not JSON\.$/);
});
