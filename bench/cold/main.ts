// npm run bench:cold — what a function costs that starts cold: the size of its bundle, and CPU and wall time of
// loading it and of answering its first request, each in a fresh process. DynamoDB is a stand-in on loopback;
// every other service answers that there is nothing.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { bundleFunctions } from '../../infra/bundle-functions.ts';
import { ensureTable, startDynamoDB } from '../../src/local/dynamodb.ts';
import { closeServer, listenOnLoopback } from '../../src/local/http-server.ts';
import { median } from '../router/statistics.ts';

const ROUNDS = 9;
const REGION = 'us-east-1';
const TABLE = 'headrace';
const CHILD = join(import.meta.dirname, 'first-request.ts');

const request = (httpMethod: string, path: string) => ({
  httpMethod,
  path,
  headers: { Host: 'gateway' },
  queryStringParameters: null,
  body: null,
  isBase64Encoded: false,
  requestContext: { requestId: 'bench', stage: 'prod' },
});
/** Each leads to the table and back, where its function has anything to do with it. */
const EVENTS: Record<string, object> = {
  api: request('GET', '/models'),
  authorizer: {
    ...request('GET', '/models'),
    methodArn: 'arn:aws:execute-api:us-east-1:1:api/prod/GET/models',
  },
  invoke: request('POST', '/endpoints/nobody/invocations'),
  reconcile: { Records: [{ messageId: '1', body: '{"endpoint":"nobody"}' }] },
  's3-trigger': {
    'detail-type': 'Object Created',
    detail: { bucket: { name: 'bucket' }, object: { key: 'key', sequencer: '1' } },
  },
  sweep: {},
};

type Taken = Record<'loadMs' | 'loadCpuMs' | 'answerMs' | 'answerCpuMs', number>;

const folder = await mkdtemp(join(tmpdir(), 'headrace-cold-'));
const dynamodb = await startDynamoDB(0);
const nothing = createServer((_, response) => response.end('{}'));
try {
  await ensureTable(dynamodb.url, REGION, TABLE);
  const other = `http://127.0.0.1:${await listenOnLoopback(nothing, 0)}`;
  await bundleFunctions(folder);
  const environment = {
    PATH: process.env.PATH,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'any',
    AWS_SECRET_ACCESS_KEY: 'any',
    AWS_ENDPOINT_URL: other,
    AWS_ENDPOINT_URL_EVENTBRIDGE: other,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
    HEADRACE_ACCOUNT: '123456789012',
    HEADRACE_STACK: 'headrace-prod',
    HEADRACE_AUTH: 'none',
    HEADRACE_TABLE: TABLE,
    HEADRACE_QUEUE_URL: `${other}/queue`,
    HEADRACE_CLUSTER: 'headrace-prod',
    HEADRACE_ROUTER_IMAGE: 'router',
    HEADRACE_INSTANCE_TYPES: 'ml.c5.large',
  };
  const rows: Record<string, Record<string, string>> = {};
  for (const [name, event] of Object.entries(EVENTS)) {
    const bundle = join(folder, `${name}.mjs`);
    const args = [CHILD, name, pathToFileURL(bundle).href, JSON.stringify(event)];
    const rounds: Taken[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { stdout } = await promisify(execFile)(process.execPath, args, { env: environment });
      rounds.push(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
    }
    const of = (key: keyof Taken) => median(rounds.map((taken) => taken[key])).toFixed(0);
    rows[name] = {
      kB: ((await stat(bundle)).size / 1000).toFixed(0),
      'load ms (CPU)': `${of('loadMs')} (${of('loadCpuMs')})`,
      'first answer ms (CPU)': `${of('answerMs')} (${of('answerCpuMs')})`,
    };
  }
  console.table(rows);
} finally {
  await closeServer(nothing);
  await dynamodb.close();
  await rm(folder, { recursive: true });
}
