import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { LaptopRuntime } from '../../../src/local/ecs/laptop-runtime.ts';
import { bundleRouter } from '../../../src/router/bundle.ts';
import { tracesIn } from '../engine.ts';
import { nodeImage, removeImage, stageImage } from '../engine-images.ts';
import { RealEcs } from './real-ecs.ts';
import { type RuntimeWorld, SERVE } from './runtime-contract.ts';

/** For tests: the stand-in on a real engine, in a folder of its own. */
export async function openEngineWorld(docker: Docker): Promise<RuntimeWorld & EngineParts> {
  const real = new RealEcs();
  const routerFolder = join(real.dir, 'router');
  mkdirSync(routerFolder);
  const [node] = await Promise.all([nodeImage(docker), bundleRouter(routerFolder)]);
  real.image('scripted', SERVE);
  const image = `headrace-test-scripted:${randomUUID().slice(0, 8)}`;
  await stageImage(docker, image, join(real.dir, 'scripted'));
  const { DOCKER_HOST, PATH } = process.env;
  const start = () =>
    real.start({
      environment: { DOCKER_HOST, PATH, MARKER: 'leaks' },
      runtime: (context) => new LaptopRuntime({ ...context, routerFolder, nodeImage: node }),
      report: () => undefined,
    });
  return {
    real,
    ecs: await start(),
    start,
    image,
    stack: join(real.dir, 'data/ecs'),
    leftovers: () => tracesIn(docker, join(real.dir, 'data/ecs')),
    close: async () => {
      await real.close();
      await removeImage(docker, image);
    },
  };
}

interface EngineParts {
  /** Another life of the stand-in, in the same folder. */
  start(): Promise<RuntimeWorld['ecs']>;
  /** The label of all that it makes in the engine. */
  readonly stack: string;
}
