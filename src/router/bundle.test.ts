import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { buildApp } from 'fauxqs';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { fakeStage, get, post, until } from '../../test/support/router-pipeline.ts';
import { bundleRouter } from './bundle.ts';
import { parseHealthReport } from './health-report.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headrace-bundle-'));
  await bundleRouter(folder);
});

afterAll(() => rm(folder, { recursive: true }));

it('is an executable and six files beside it', async () => {
  expect((await readdir(folder)).sort()).toEqual([
    'batch.js',
    'capture.js',
    'loader.js',
    'package.json',
    'relay.js',
    'router.js',
    'serve',
  ]);
  expect((await stat(join(folder, 'serve'))).mode & 0o777).toBe(0o755);
});

it('keeps the health check small', async () => {
  expect((await stat(join(folder, 'serve'))).size).toBeLessThan(4_000);
});

it('can be written again over itself', async () => {
  await bundleRouter(folder);

  expect((await readdir(folder)).length).toBe(7);
});

it('runs the router and its health check, and drains at SIGTERM', async () => {
  const stage = await fakeStage();
  const port = await freePort();
  const env = routerEnv(port, stage.port);
  const router = run('serve', env);

  const health = await run('health', env).ended;
  const answer = await post(`http://127.0.0.1:${port}/invocations`, 'through the bundle');
  router.process.kill('SIGTERM');
  router.process.kill('SIGTERM');
  const { code, stdout } = await router.ended;

  expect(health).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(answer.text).toBe('through the bundle');
  expect(code).toBe(0);
  const reports = stdout.trim().split('\n').map(parseHealthReport);
  expect(reports.at(-1)).toMatchObject({ final: true, stages: [{ state: 'healthy' }] });
});

it('says in one line what is wrong with the environment', async () => {
  const { code, stderr } = await run('serve', { HEADRACE_ROUTER_PORT: '8080' }).ended;

  expect(code).toBe(1);
  expect(stderr).toBe('HEADRACE_ROUTER is not set.\n');
});

it('says in one line that its port is taken', async () => {
  const { port } = await fakeStage();

  const { code, stderr } = await run('serve', routerEnv(port, 1)).ended;

  expect(code).toBe(1);
  expect(stderr).toMatch(/^The router cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE.*\n$/);
});

it('says in one line why a task is not healthy', async () => {
  const port = await freePort();
  const stage = await freePort();
  const env = routerEnv(port, stage);
  const router = run('serve', env);
  await until(() => get(`http://127.0.0.1:${port}/ping`).then(Boolean, () => false));

  const health = await run('health', env).ended;
  router.process.kill('SIGTERM');

  expect(health.code).toBe(1);
  expect(parseHealthReport(health.stderr)?.stages).toMatchObject([
    { name: 'primary', state: 'starting', reason: `never listened on port ${stage}` },
  ]);
  expect((await router.ended).code).toBe(0);
});

it('loads model data', async () => {
  const base = await mkdtemp(join(tmpdir(), 'headrace-base-'));
  onTestFinished(() => rm(base, { recursive: true }));
  const app = buildApp({ logger: false });
  onTestFinished(() => app.close().then(() => {}));
  const aws = {
    AWS_ENDPOINT_URL_S3: await app.listen({ host: '127.0.0.1', port: 0 }),
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  const s3 = new S3Client({
    endpoint: aws.AWS_ENDPOINT_URL_S3,
    region: aws.AWS_REGION,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    forcePathStyle: true,
  });
  onTestFinished(() => s3.destroy());
  await s3.send(new CreateBucketCommand({ Bucket: 'models' }));
  await s3.send(new PutObjectCommand({ Bucket: 'models', Key: 'a/b', Body: 'weights' }));
  const sources = [{ uri: 's3://models/a/b', kind: 'S3Object', compression: 'None' }];
  const stages = [{ name: 'container-1', position: 1, sources }];

  const { code, stdout } = await run('load', {
    ...aws,
    SAGEMAKER_BASE_DIR: base,
    HEADRACE_LOAD: JSON.stringify({ timeoutSeconds: 20, stages }),
  }).ended;

  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ event: 'loaded', stage: 'container-1', bytes: 7 });
  expect(await readFile(join(base, 'models/1/b'), 'utf8')).toBe('weights');
});

it('knows no other command', async () => {
  const { code, stderr } = await run('train', {}).ended;

  expect(code).toBe(2);
  expect(stderr).toBe('Unknown command train. Use serve, load, batch, health or relay.\n');
});

interface Run {
  readonly process: ChildProcess;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

function run(command: string, env: Record<string, string>): Run {
  const child = spawn('./serve', [command], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const ended = Promise.all([exit, text(child.stdout), text(child.stderr)]).then(
    ([code, stdout, stderr]) => ({ code, stdout, stderr }),
  );
  return { process: child, ended };
}

function routerEnv(port: number, stagePort: number): Record<string, string> {
  return {
    HEADRACE_ROUTER_PORT: String(port),
    HEADRACE_STAGE_PORTS: String(stagePort),
    HEADRACE_ROUTER: JSON.stringify({
      endpoint: 'abalone',
      variant: 'AllTraffic',
      region: 'us-east-1',
      account: '123456789012',
      partition: 'aws',
      mode: 'Serial',
      stages: ['primary'],
      logGroup: '/headrace/Endpoints/abalone',
      logUrl: 'https://logs.example',
      maxBodyBytes: 6_291_456,
      timeoutMs: 60_000,
      drainMs: 0,
      listen: '127.0.0.1',
    }),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
