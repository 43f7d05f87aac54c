import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { ListModelsCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { AccessKey } from '../src/auth/access-key.ts';
import { readClaim } from '../src/auth/claim.ts';
import { Fields } from '../src/auth/fields.ts';
import { verifySignature } from '../src/auth/verify-signature.ts';
import { closeServer, listenOnLoopback } from '../src/local/http-server.ts';
import type { GatewayEvent } from '../src/protocol/gateway-event.ts';
import { gatewayEvent } from './support/api.ts';
import { run, withoutAwsSettings } from './support/command.ts';
import { describeWith } from './support/required-client.ts';

const DOCS = join(import.meta.dirname, '../docs/sign-in.md');
const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'a secret of AWS',
};
/** API Gateway's own, that of the region in the docs. */
const SCOPE = { region: 'eu-west-1', service: 'execute-api' };

let server: Server;
let url: string;
let received: GatewayEvent[];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const body = Buffer.concat((await request.toArray()) as Buffer[]);
    const { headersDistinct: multiValueHeaders, method = '', url: path = '' } = request;
    const sent = { httpMethod: method, path, multiValueHeaders, isBase64Encoded: true };
    received.push(gatewayEvent({ ...sent, body: body.toString('base64') }));
    response.end('{"Models":[]}');
  });
  url = `http://127.0.0.1:${await listenOnLoopback(server, 0)}/prod`;
});

beforeEach(() => {
  received = [];
});

afterEach(() => vi.unstubAllEnvs());
afterAll(() => closeServer(server));

/** The block of code that the docs show in `language`, pointed at this machine. */
async function shown(language: 'python' | 'js'): Promise<string> {
  const blocks = (await readFile(DOCS, 'utf8')).matchAll(/```(\w+)\n([\s\S]*?)```/g);
  const [code, ...others] = [...blocks].flatMap(([, given, text = '']) =>
    given === language ? [text] : [],
  );
  expect(others).toEqual([]);
  return (code ?? '').replace('https://…', url);
}

/** @throws Refusal when it is not signed as API Gateway wants it */
function verify(event: GatewayEvent): void {
  const fields = new Fields(event);
  const claim = readClaim(event, fields, SCOPE, Date.now());
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = CREDENTIALS;
  const key = new AccessKey(id, { secret, name: 'aws', allow: ['admin'], createdAt: 0 });
  verifySignature(event, fields, claim, key, Buffer.from(event.body ?? '', 'base64'));
}

/** What the docs show, run with a client's class. */
async function clientOf<Client>(name: string, Client: new (config: object) => Client) {
  const code = (await shown('js')).replace('SageMakerClient', name);
  return new Function(name, `${code}\nreturn client;`)(Client) as Client;
}

test('the lines of the docs sign for API Gateway, with the SDK for JavaScript', async () => {
  for (const [name, value] of Object.entries({ ...CREDENTIALS, AWS_REGION: SCOPE.region })) {
    vi.stubEnv(name, value);
  }

  const control = await clientOf('SageMakerClient', SageMakerClient);
  const data = await clientOf('SageMakerRuntimeClient', SageMakerRuntimeClient);
  await control.send(new ListModelsCommand());
  await data.send(new InvokeEndpointCommand({ EndpointName: 'abalone-1', Body: '1,2,3' }));

  expect(received.map(({ path }) => path)).toEqual([
    '/prod/',
    '/prod/endpoints/abalone-1/invocations',
  ]);
  for (const event of received) expect(() => verify(event)).not.toThrow();
});

test('without them they sign for SageMaker, which API Gateway does not take', async () => {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = CREDENTIALS;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new SageMakerClient({ endpoint: url, region: SCOPE.region, credentials });

  await client.send(new ListModelsCommand());

  expect(() => verify(received[0]!)).toThrow(/correct service: 'execute-api'/);
});

await describeWith('boto3 signs for API Gateway', ['python3', '-c', 'import boto3'], () => {
  test('by the lines of the docs', async () => {
    const code = `import boto3\n${await shown('python')}\nsagemaker.list_models()`;
    const region = { AWS_DEFAULT_REGION: SCOPE.region };

    const ran = await run('python3', ['-c', code], {
      ...withoutAwsSettings(),
      ...CREDENTIALS,
      ...region,
    });

    expect(ran.stderr).toBe('');
    expect(received).toHaveLength(1);
    expect(() => verify(received[0]!)).not.toThrow();
  });
});
