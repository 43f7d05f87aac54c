import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { describe } from 'vitest';
import { describeWithEngine, tracesIn } from '../../../test/support/engine.ts';
import { nodeImage, removeImage, stageImage } from '../../../test/support/engine-images.ts';
import { processesWith } from '../../../test/support/processes.ts';
import { bundleRouter } from '../../router/bundle.ts';
import { LaptopRuntime } from './laptop-runtime.ts';
import { RealEcs } from './real-ecs.ts';
import { type RuntimeWorld, runtimeContract, SERVE } from './runtime-contract.ts';

async function processWorld(): Promise<RuntimeWorld> {
  const real = new RealEcs();
  const tasks = join(real.dir, 'data/ecs/tasks');
  return {
    real,
    ecs: await real.start({ environment: { ...path(), MARKER: 'leaks' } }),
    image: real.image('scripted', SERVE),
    leftovers: async () => [...readdirSync(tasks), ...processesWith(real.dir).map(String)],
    close: () => real.close(),
  };
}

async function engineWorld(docker: Docker): Promise<RuntimeWorld> {
  const real = new RealEcs();
  const routerFolder = join(real.dir, 'router');
  mkdirSync(routerFolder);
  const [node] = await Promise.all([nodeImage(docker), bundleRouter(routerFolder)]);
  real.image('scripted', SERVE);
  const image = `headrace-test-scripted:${randomUUID().slice(0, 8)}`;
  await stageImage(docker, image, join(real.dir, 'scripted'));
  return {
    real,
    ecs: await real.start({
      environment: { ...path(), DOCKER_HOST: process.env.DOCKER_HOST, MARKER: 'leaks' },
      runtime: (context) => new LaptopRuntime({ ...context, routerFolder, nodeImage: node }),
      report: () => undefined,
    }),
    image,
    leftovers: () => tracesIn(docker, join(real.dir, 'data/ecs')),
    close: async () => {
      await real.close();
      await removeImage(docker, image);
    },
  };
}

function path(): { PATH: string | undefined } {
  return { PATH: process.env.PATH };
}

describe('tasks as processes', () => runtimeContract(processWorld));

await describeWithEngine('tasks in an engine', (docker) =>
  runtimeContract(() => engineWorld(docker)),
);
