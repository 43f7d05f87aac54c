// `npm run image`: builds the router's image in the engine of this machine, runs it, and says how large
// it is and how soon it answers.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { bundleRouter } from '../router/bundle.ts';
import { findEngine } from './ecs/engine/find-engine.ts';
import { Images, inspectImage } from './ecs/engine/images.ts';
import { routerImage } from './ecs/engine/router-image.ts';
import { NODE_IMAGE } from './settings.ts';

const PORT = '8080/tcp';
const STARTS_WITHIN_MS = 30_000;
/** One stage that is not there: the router serves, and says so. */
const ENVIRONMENT = {
  HEADRACE_ROUTER_PORT: '8080',
  HEADRACE_STAGE_PORTS: '24000',
  HEADRACE_ROUTER: JSON.stringify({
    endpoint: 'image',
    variant: 'AllTraffic',
    region: 'us-east-1',
    account: '000000000000',
    mode: 'Serial',
    stages: ['container-1'],
    logGroup: '/headrace/Endpoints/image',
    logUrl: '/headrace/Endpoints/image',
    maxBodyBytes: 6_291_456,
    timeoutMs: 60_000,
    drainMs: 0,
  }),
};

async function main(): Promise<void> {
  const nodeImage = process.env.HEADRACE_NODE_IMAGE || NODE_IMAGE;
  const { docker } = await findEngine(process.env);
  const folder = await mkdtemp(join(tmpdir(), 'headrace-image-'));
  try {
    await bundleRouter(folder);
    const images = new Images(docker, console.log);
    const image = await routerImage({ docker, images, folder, nodeImage, report: console.log });
    const [own = 0, base = 0] = await Promise.all(
      [image, nodeImage].map((one) => size(docker, one)),
    );
    console.log(`${image}: ${megabytes(own - base)} MB over ${nodeImage} (${megabytes(base)} MB)`);
    console.log(
      `its first answer: ${Math.round(await firstAnswer(docker, image))} ms after its start`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function size(docker: Docker, image: string): Promise<number> {
  return (await inspectImage(docker, image))?.Size ?? 0;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** Milliseconds from the start to the first answer of /ping, run as ECS runs it: nothing to write to. */
async function firstAnswer(docker: Docker, image: string): Promise<number> {
  const container = await docker.createContainer({
    name: `headrace-image-${randomUUID().slice(0, 8)}`,
    Image: image,
    Env: Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value}`),
    ExposedPorts: { [PORT]: {} },
    HostConfig: {
      PortBindings: { [PORT]: [{ HostIp: '127.0.0.1', HostPort: '0' }] },
      ReadonlyRootfs: true,
    },
  });
  try {
    const begin = performance.now();
    await container.start();
    const { NetworkSettings } = await container.inspect();
    const port = NetworkSettings.Ports[PORT]?.[0]?.HostPort;
    while (!(await answers(`http://127.0.0.1:${port}/ping`))) {
      if (performance.now() - begin > STARTS_WITHIN_MS) {
        const logs = await container.logs({ stdout: true, stderr: true });
        throw new Error(`${image} did not answer within ${STARTS_WITHIN_MS / 1000} s: ${logs}`);
      }
      await sleep(5);
    }
    return performance.now() - begin;
  } finally {
    await container.remove({ force: true, v: true });
  }
}

/** Any status will do: 503 says that the stage is not there. */
async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url, { signal: AbortSignal.timeout(1000) });
    return true;
  } catch (error) {
    // Until it listens the engine's proxy cuts connections off.
    if (error instanceof TypeError || (error as Error).name === 'TimeoutError') return false;
    throw error;
  }
}

try {
  await main();
} catch (error) {
  console.error(`image: ${(error as Error).message}`);
  process.exitCode = 1;
}
