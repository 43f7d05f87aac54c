import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ROUTER_NODE_OPTIONS } from '../../src/fleet/task-definition.ts';
import { bundleRouter } from '../../src/router/bundle.ts';
import { start, startServer } from './processes.ts';
import { hasNginx, prepareNginx } from './rivals/nginx.ts';
import { listen } from './wire.ts';

/** A running chain. */
export interface Rival {
  readonly name: string;
  /** undefined for the floor, which has no process of its own. */
  readonly pid: number | undefined;
  readonly child: ChildProcess | undefined;
  readonly ports: readonly number[];
}

export const RIVALS = ['floor', 'headrace', 'nginx+njs', 'undici', 'node:http'] as const;
export type RivalName = (typeof RIVALS)[number];

/** undefined when it is not installed here. */
export async function startRival(
  name: RivalName,
  stages: readonly number[],
  dir: string,
): Promise<Rival | undefined> {
  switch (name) {
    case 'floor':
      return { name, pid: undefined, child: undefined, ports: stages };
    case 'headrace':
      return startRouter(name, stages, join(dir, 'router'));
    case 'nginx+njs': {
      if (!hasNginx) return undefined;
      const port = await freePort();
      const command = await prepareNginx(join(dir, `nginx-${stages.length}`), port, stages);
      const { pid, child } = await startServer(command);
      await answers(port, '/');
      return { name, pid, child, ports: [port] };
    }
    case 'undici':
    case 'node:http': {
      const file = name === 'undici' ? 'rivals/undici-chain.ts' : 'rivals/http-chain.ts';
      const { pid, child, said } = await start<{ port: number }>(file, stages);
      return { name, pid, child, ports: [said.port] };
    }
  }
}

/** The router's bundle, in a process of its own. `more` is added to its settings and its environment. */
export async function startRouter(
  name: string,
  stages: readonly number[],
  folder: string,
  more: { settings?: object; environment?: Record<string, string> } = {},
): Promise<Rival> {
  const port = await freePort();
  await bundleRouter(folder);
  const env = { ...routerEnvironment(port, stages, more.settings), ...more.environment };
  const { pid, child } = await startServer(['./serve', 'serve'], { cwd: folder, env });
  await answers(port, '/ping');
  return { name, pid, child, ports: [port] };
}

function routerEnvironment(
  port: number,
  stages: readonly number[],
  settings: object = {},
): Record<string, string> {
  return {
    NODE_OPTIONS: ROUTER_NODE_OPTIONS,
    HEADRACE_ROUTER_PORT: String(port),
    HEADRACE_STAGE_PORTS: stages.join(','),
    HEADRACE_ROUTER: JSON.stringify({
      endpoint: 'bench',
      variant: 'AllTraffic',
      region: 'us-east-1',
      account: '000000000000',
      mode: 'Serial',
      stages: stages.map((_, i) => `container-${i + 1}`),
      logGroup: '/headrace/Endpoints/bench',
      logUrl: 'https://logs.example',
      maxBodyBytes: 6_291_456,
      timeoutMs: 60_000,
      drainMs: 0,
      listen: '127.0.0.1',
      ...settings,
    }),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until something answers, and well. */
async function answers(port: number, path: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    try {
      const { status } = await fetch(`http://127.0.0.1:${port}${path}`);
      if (status < 500) return;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`Nothing answers on port ${port}.`);
}
