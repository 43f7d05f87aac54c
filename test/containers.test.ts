import { randomUUID } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  type ContainerDefinition,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DeleteEndpointCommand,
  DescribeEndpointCommand,
  UpdateEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toCsv, train } from '../examples/iris/train.ts';
import { type Clients, clientsOf } from './support/clients.ts';
import { describeWithEngine, tracesIn } from './support/engine.ts';
import { nodeImage, removeImage, stageImage } from './support/engine-images.ts';
import {
  createEndpoint,
  createPipeline,
  gone,
  inService,
  invoke,
  settled,
  variantOf,
} from './support/pipelines.ts';
import { type Home, makeHome, type RunningStack, runStack } from './support/run-stack.ts';
import { stage } from './support/stage.ts';
import {
  BUCKET as DATA,
  jobOf,
  objectsBelow,
  putObject,
  runJob,
} from './support/transform-jobs.ts';
import { until } from './support/until.ts';

const IRIS = ['featurise', 'predict', 'explain'] as const;
const IRIS_STAGES = join(import.meta.dirname, '../examples/iris/stages');
const BUCKET = 'iris-models';
/** Grows until it is stopped from outside. */
const HOG = `#!/usr/bin/env node
const all = [];
setInterval(() => all.push(Buffer.alloc(64 * 1024 * 1024, 1)), 1);
`;

await describeWithEngine('pipelines of images', (docker) => {
  const run = randomUUID().slice(0, 8);
  const images: string[] = [];
  let home: Home;
  let stack: RunningStack;
  let clients: Clients;
  let settings: Record<string, string>;
  let flower: string;

  const nameOf = (image: string) => `headrace-test-${image}:${run}`;

  const build = async (...[image, source, options]: [string, string, object?]) => {
    images.push(nameOf(image));
    await stageImage(docker, nameOf(image), source, options);
  };

  const start = async () => {
    stack = await runStack(home, settings);
    clients = clientsOf(stack);
  };

  const remove = async (name: string) => {
    await clients.sagemaker.send(new DeleteEndpointCommand({ EndpointName: name }));
    // A stage that is busy, or process 1 without a handler, has 30 s from its SIGTERM.
    await gone(clients.sagemaker, name, 60_000);
  };

  const traces = () => tracesIn(docker, join(home.dataDir, 'ecs'));

  beforeAll(async () => {
    home = await makeHome();
    const hog = join(home.folder, 'hog');
    await mkdir(hog);
    await writeFile(join(hog, 'serve'), HOG);
    await chmod(join(hog, 'serve'), 0o755);
    settings = { HEADRACE_NODE_IMAGE: await nodeImage(docker) };
    for (const stageDir of IRIS) await build(stageDir, IRIS_STAGES, { stageDir, user: '65534' });
    await build('plain', home.image);
    await build('unlabelled', home.image, { label: false });
    await build('hog', hog);
    await start();

    const { artefacts, heldOut } = await train();
    flower = toCsv(heldOut.slice(0, 1));
    await clients.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    for (const [name, Body] of Object.entries(artefacts)) {
      const Key = `${name}.tar.gz`;
      await clients.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
    }
    await createHog();
  }, 60_000);

  afterAll(async () => {
    await stack?.end('SIGTERM');
    await home?.remove();
    for (const image of images) await removeImage(docker, image);
  }, 60_000);

  /** It fails by itself, while other tests go on. */
  const createHog = async () => {
    // The other one goes at SIGTERM: one that does not would take its 30 s, twice.
    const Containers = [{ Image: nameOf('explain') }, { Image: nameOf('hog') }];
    await clients.sagemaker.send(new CreateModelCommand({ ModelName: 'hog', Containers }));
    const InstanceType = 'ml.c6g.medium' as never;
    await createEndpoint(clients.sagemaker, 'hog', [variantOf('hog', { InstanceType })]);
  };

  /** The iris pipeline; `Image` by stage. */
  const iris = (imageOf: (name: string) => string): ContainerDefinition[] =>
    IRIS.map((name) => ({
      ContainerHostname: name,
      Image: imageOf(name),
      ...(name !== 'explain' && { ModelDataUrl: `s3://${BUCKET}/${name}.tar.gz` }),
    }));

  test('run with their model data, two tasks with equal ports side by side', async () => {
    const Containers = iris(nameOf);
    await clients.sagemaker.send(new CreateModelCommand({ ModelName: 'iris', Containers }));
    await createEndpoint(clients.sagemaker, 'iris', [
      variantOf('iris', { InitialInstanceCount: 2 }),
    ]);
    await inService(clients.sagemaker, 'iris');

    const answers = await Promise.all(
      Array.from({ length: 8 }, () => invoke(clients.runtime, 'iris', flower)),
    );
    const ofRouters = await logsOf(stack, 'iris', 'headrace_router');
    const tasks = new Set(ofRouters.map((line) => /headrace_router\/(\w+)/.exec(line)?.[1] ?? ''));
    const published = await publishedPorts(docker, [...tasks]);

    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^(setosa|versicolor|virginica) \(/);
    expect(tasks.size).toBe(2);
    expect(published.map(({ IP }) => IP)).toEqual(['127.0.0.1', '127.0.0.1']);
  });

  test('get a new task for a container that was killed', async () => {
    const label = [`headrace.stack=${join(home.dataDir, 'ecs')}`];
    const before = await docker.listContainers({ filters: { label } });
    const ofPredict = before.filter(({ Names }) => Names[0]?.endsWith('predict'));

    await docker.getContainer(ofPredict[0]!.Id).kill();
    await until('a new task', async () => {
      const now = await docker.listContainers({ filters: { label } });
      const fresh = now.filter(
        ({ Id, Names }) =>
          Names[0]?.endsWith('predict') && before.every((container) => container.Id !== Id),
      );
      return fresh.length > 0 ? true : undefined;
    });

    expect(await invoke(clients.runtime, 'iris', flower)).toContain('%');
  });

  test('that need more memory than they have say so', async () => {
    const { EndpointStatus, FailureReason } = await settled(clients.sagemaker, 'hog');
    await remove('hog');

    expect(EndpointStatus).toBe('Failed');
    expect(FailureReason).toContain(
      'container-2: OutOfMemoryError: Container killed due to memory usage; choose a larger InstanceType',
    );
  });

  test('are updated to another configuration while they answer', async () => {
    const updated = { EndpointName: 'iris', EndpointConfigName: 'iris-of-one' };
    await clients.sagemaker.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: 'iris-of-one',
        ProductionVariants: [variantOf('iris')],
      }),
    );
    await clients.sagemaker.send(new UpdateEndpointCommand(updated));

    const described = await until('the update is over', async () => {
      await invoke(clients.runtime, 'iris', flower);
      const found = await clients.sagemaker.send(
        new DescribeEndpointCommand({ EndpointName: 'iris' }),
      );
      return found.EndpointStatus === 'Updating' ? undefined : found;
    });

    expect(described).toMatchObject({ ...updated, EndpointStatus: 'InService' });
  });

  test('come back after the stack was killed, and nothing of its first life stays', async () => {
    const before = await traces();
    await stack.end('SIGKILL');
    await start();

    await until('the endpoint serves', async () => {
      try {
        return await invoke(clients.runtime, 'iris', flower);
      } catch (error) {
        if ((error as Error).name === 'ServiceUnavailable') return undefined;
        throw error;
      }
    });
    const after = await traces();

    expect(before.filter((name) => after.includes(name))).toEqual([]);
  });

  test('run a batch job', async () => {
    const { s3, sagemaker } = clients;
    await s3.send(new CreateBucketCommand({ Bucket: DATA }));
    await putObject(s3, 'in/iris/flowers.csv', `${flower}\n${flower}\n`);

    const job = await runJob(
      sagemaker,
      jobOf('iris', 'iris', {
        TransformOutput: { Accept: 'application/jsonlines' },
        BatchStrategy: 'SingleRecord',
      }),
    );
    const outputs = await objectsBelow(s3, 'out/iris');

    expect(job).toMatchObject({ TransformJobStatus: 'Completed' });
    expect(Object.keys(outputs)).toEqual(['out/iris/flowers.csv.out']);
    expect(outputs['out/iris/flowers.csv.out']?.match(/"species"/g)).toHaveLength(2);
  });

  test('leave nothing in the engine when their endpoint is deleted', async () => {
    await remove('iris');

    expect(await traces()).toEqual([]);
  });

  test('may have file: stages among them', async () => {
    const imageOf = (name: string) =>
      name === 'predict' ? `file:${join(IRIS_STAGES, name)}` : nameOf(name);
    await createPipeline(clients.sagemaker, 'mixed', iris(imageOf));
    await inService(clients.sagemaker, 'mixed');

    const answer = await invoke(clients.runtime, 'mixed', flower);
    await remove('mixed');

    expect(answer).toContain('%');
    expect(await traces()).toEqual([]);
  });

  test('that cannot be pulled fail with the words of the engine', async () => {
    const missing = { Image: '127.0.0.1:1/nobody/has:it' };
    await createPipeline(clients.sagemaker, 'missing', [{ Image: nameOf('plain') }, missing]);

    const { EndpointStatus, FailureReason } = await settled(clients.sagemaker, 'missing');

    expect(EndpointStatus).toBe('Failed');
    expect(FailureReason).toMatch(
      /container-2: CannotPullContainerError: image 127\.0\.0\.1:1\/nobody\/has:it: .*connection refused/,
    );
  });

  test('must say that they listen on the port they are told', async () => {
    const Containers = [{ Image: nameOf('plain') }, { Image: nameOf('unlabelled') }];

    await expect(
      clients.sagemaker.send(new CreateModelCommand({ ModelName: 'unlabelled', Containers })),
    ).rejects.toMatchObject({
      name: 'ValidationException',
      message: `Your Ecr Image ${nameOf('unlabelled')} does not contain required com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true Docker label(s).`,
    });
  });
});

describe('where no engine answers', () => {
  let home: Home;
  let stack: RunningStack;
  let clients: Clients;

  beforeAll(async () => {
    home = await makeHome();
    stack = await runStack(home, { DOCKER_HOST: `unix://${home.folder}/nobody.sock` });
    clients = clientsOf(stack);
  });

  afterAll(async () => {
    await stack?.end('SIGTERM');
    await home?.remove();
  });

  test('an image fails at once, and says which, where was looked, and what to do', async () => {
    const image = { Image: 'example.com/team/stage:1' };
    await createPipeline(clients.sagemaker, 'image', [stage(home.image), image]);

    const { EndpointStatus, FailureReason } = await settled(clients.sagemaker, 'image');

    expect(EndpointStatus).toBe('Failed');
    expect(FailureReason).toContain('container-2: CannotPullContainerError');
    expect(FailureReason).toContain('image example.com/team/stage:1: no container engine answered');
    expect(FailureReason).toContain(`${home.folder}/nobody.sock (no such file)`);
    expect(FailureReason).toContain('Start Docker');
  });
});

async function logsOf(stack: RunningStack, endpoint: string, name: string): Promise<string[]> {
  const answer = await fetch(`${stack.gateway}/endpoints/${endpoint}/logs?stage=${name}`);
  return (await answer.text()).trimEnd().split('\n');
}

/** Of all containers of these tasks. */
async function publishedPorts(docker: Docker, tasks: string[]) {
  const containers = await docker.listContainers();
  return containers
    .filter(({ Names }) => tasks.some((task) => Names[0]?.includes(task)))
    .flatMap(({ Ports }) => Ports.filter(({ PublicPort }) => PublicPort));
}
