import { expect, test } from 'vitest';
import type { ContainerDefinition } from '../task-definition.ts';
import { type ContainerParts, containerOptions } from './container-options.ts';

function partsOf(
  container: Partial<ContainerDefinition>,
  more: Partial<ContainerParts> = {},
): ContainerParts {
  return {
    container: {
      name: 'stage',
      image: 'stage:1',
      essential: true,
      environment: [],
      portMappings: [],
      mountPoints: [],
      volumesFrom: [],
      cpu: 0,
      ...container,
    },
    taskCpu: undefined,
    taskMemory: undefined,
    engineCpus: 4,
    image: 'stage:1',
    name: 'headrace-1-stage',
    labels: { 'headrace.task': '1' },
    holder: 'abc',
    platform: {},
    mountOf: (volume) => ({ Type: 'volume', Source: `headrace-1-${volume}` }),
    ...more,
  };
}

test('a container joins the namespace of its task, with the image’s entry point and one argument', () => {
  const options = containerOptions(partsOf({ command: ['serve'] }));

  expect(options).toMatchObject({ Cmd: ['serve'], HostConfig: { NetworkMode: 'container:abc' } });
  expect(options.Entrypoint).toBeUndefined();
  expect(options.HostConfig?.PortBindings).toBeUndefined();
});

test('the container’s own environment goes before the platform’s', () => {
  const environment = [
    { name: 'AWS_REGION', value: 'own' },
    { name: 'EMPTY', value: '' },
  ];
  const platform = { AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL_S3: 'http://s3', ROLE: undefined };

  const { Env } = containerOptions(partsOf({ environment }, { platform }));

  expect(Env).toEqual(['AWS_REGION=own', 'AWS_ENDPOINT_URL_S3=http://s3', 'EMPTY=']);
});

test.each([
  [{ taskMemory: 1024 }, {}, 1024],
  [{ taskMemory: 1024 }, { memory: 256 }, 256],
  [{ taskMemory: 128 }, { memory: 256 }, 128],
  [{}, { memory: 256 }, 256],
])('of the limits %o and %o the smaller one holds, without swap', (task, container, mib) => {
  const { HostConfig } = containerOptions(partsOf(container, task));

  const bytes = mib * 1024 * 1024;
  expect(HostConfig).toMatchObject({ Memory: bytes, MemorySwap: bytes });
});

test('CPU is what the task has, at most what the engine has', () => {
  const cpusOf = (taskCpu: number) =>
    containerOptions(partsOf({}, { taskCpu, engineCpus: 2 })).HostConfig?.NanoCpus;

  expect([cpusOf(512), cpusOf(2048), cpusOf(65_536)]).toEqual([5e8, 2e9, 2e9]);
});

test('no limits without any in the task definition', () => {
  const { HostConfig } = containerOptions(partsOf({}));

  expect(HostConfig).not.toHaveProperty('Memory');
  expect(HostConfig).not.toHaveProperty('NanoCpus');
});

test('model data is mounted as the definition says', () => {
  const mountPoints = [{ sourceVolume: 'model-1', containerPath: '/opt/ml/model', readOnly: true }];

  const { HostConfig } = containerOptions(partsOf({ mountPoints, readonlyRootFilesystem: true }));

  expect(HostConfig).toMatchObject({
    ReadonlyRootfs: true,
    Mounts: [
      { Type: 'volume', Source: 'headrace-1-model-1', Target: '/opt/ml/model', ReadOnly: true },
    ],
  });
});
