// A router in this process before stages in this process.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import { onTestFinished } from 'vitest';
import type { RouterConfig, Stage } from '../../src/router/config.ts';
import { type Router, startRouter } from '../../src/router/server.ts';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export type StageBehaviour = (received: Received, response: ServerResponse) => void;

export interface FakeStage {
  readonly port: number;
  /** The invocations it got, in order. */
  readonly received: Received[];
  /** How it answers its pings from now on. */
  ping: (response: ServerResponse) => void;
  close(): Promise<void>;
}

/** Answers with the request's body and Content-Type. */
export const echo: StageBehaviour = ({ headers, body }, response) => {
  if (headers['content-type']) response.setHeader('content-type', headers['content-type']);
  response.end(body);
};

/** Answers with a fixed text. */
export function says(body: string | Buffer, headers: Record<string, string> = {}): StageBehaviour {
  const length = { 'content-length': String(Buffer.byteLength(body)) };
  return (_, response) => response.writeHead(200, { ...length, ...headers }).end(body);
}

/** Answers with an error status. */
export function fails(status: number, body: string | Buffer): StageBehaviour {
  return (_, response) => response.writeHead(status).end(body);
}

/** Never answers. */
export const hangs: StageBehaviour = () => {};

export async function fakeStage(behaviour: StageBehaviour = echo): Promise<FakeStage> {
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      if (url === '/ping') return stage.ping(response);
      const received = { method, url, headers, body: Buffer.concat(chunks) };
      stage.received.push(received);
      behaviour(received, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stage: FakeStage = {
    port: (server.address() as AddressInfo).port,
    received: [],
    ping: (response) => response.end(),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  onTestFinished(() => stage.close());
  return stage;
}

export function routerConfig(
  stages: readonly Stage[],
  overrides: Partial<RouterConfig> = {},
): RouterConfig {
  return {
    listen: '127.0.0.1',
    port: 0,
    endpoint: 'abalone',
    variant: 'AllTraffic',
    region: 'eu-west-1',
    account: '123456789012',
    partition: 'aws',
    mode: 'Serial',
    stages: stages as RouterConfig['stages'],
    logGroup: '/headrace/Endpoints/abalone',
    logUrl: 'https://logs.example/abalone',
    maxBodyBytes: 6_291_456,
    timeoutMs: 20_000,
    streamTimeoutMs: 20_000,
    pingEveryMs: 5_000,
    pingFailures: 2,
    drainMs: 0,
    maxInFlight: 256,
    maxHeldBytes: 1_073_741_824,
    ...overrides,
  };
}

export interface Pipeline {
  readonly router: Router;
  readonly url: string;
  readonly stages: readonly [FakeStage, FakeStage, FakeStage];
  /** The router's log, parsed. */
  readonly log: Record<string, unknown>[];
}

/** Three stages (those not given echo) and a router before them that is healthy already. */
export async function startPipeline(
  behaviours: readonly StageBehaviour[] = [],
  overrides: Partial<RouterConfig> = {},
): Promise<Pipeline> {
  const stages = await Promise.all([
    fakeStage(behaviours[0]),
    fakeStage(behaviours[1]),
    fakeStage(behaviours[2]),
  ]);
  const named = stages.map(({ port }, i) => ({ name: `container-${i + 1}`, port }));
  const { router, url, log } = await startTestRouter(routerConfig(named, overrides));
  await until(async () => (await get(`${url}/ping`)).status === 200);
  return { router, url, stages, log };
}

export async function startTestRouter(
  config: RouterConfig,
): Promise<Pick<Pipeline, 'router' | 'url' | 'log'>> {
  const log: Record<string, unknown>[] = [];
  const script = new URL('../../src/router/main.ts', import.meta.url);
  const print = (line: string) => log.push(JSON.parse(line));
  const router = await startRouter(config, { print, script });
  onTestFinished(() => router.close());
  return { router, url: `http://127.0.0.1:${router.port}`, log };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** The body as JSON, for error answers. */
  json<T = Record<string, unknown>>(): T;
}

export const get = (url: string): Promise<Answer> => send(url, { method: 'GET' });

export const post = (
  url: string,
  body: string | Buffer = 'x',
  headers: Record<string, string> = {},
): Promise<Answer> => send(url, { method: 'POST', body, headers });

async function send(url: string, options: Parameters<typeof request>[1]): Promise<Answer> {
  const { statusCode, headers, body } = await request(url, options);
  const bytes = Buffer.from(await body.arrayBuffer());
  const text = bytes.toString();
  return { status: statusCode, headers, body: bytes, text, json: () => JSON.parse(text) };
}

export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}
