import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { testConfig } from '../../test/support/config.ts';
import { variantOf } from '../../test/support/endpoints.ts';
import { parseLoaderConfig } from '../loader/config.ts';
import { parseRouterConfig } from '../router/config.ts';
import type { DeployedVariant } from './deployed-variant.ts';
import { taskDefinition } from './task-definition.ts';

const FLEET = { endpoint: 'abalone', variant: 'AllTraffic', generation: 'g1' };

const IRIS: DeployedVariant['model'] = {
  isPrimary: false,
  mode: 'Serial',
  executionRoleArn: 'arn:aws:iam::123456789012:role/pipeline',
  containers: [
    {
      ContainerHostname: 'featurise',
      Image: 'registry.example/featurise:1',
      Environment: {
        SAGEMAKER_PROGRAM: 'serve.py',
        SAGEMAKER_BIND_TO_PORT: '1',
        AWS_REGION: 'eu-west-3',
      },
    },
    {
      ContainerHostname: 'predict',
      Image: 'registry.example/predict:1',
      ModelDataUrl: 's3://bucket/model.tar.gz',
    },
    {
      ContainerHostname: 'explain',
      Image: 'registry.example/explain:1',
      ModelDataSource: {
        S3DataSource: {
          S3Uri: 's3://bucket/words/',
          S3DataType: 'S3Prefix',
          CompressionType: 'None',
        },
      },
    },
  ],
};

const define = (model = IRIS, more: Partial<DeployedVariant> = {}) =>
  taskDefinition(FLEET, variantOf({ model, ...more }), testConfig);

function container(
  name: string,
  model = IRIS,
  more: Partial<DeployedVariant> = {},
): ContainerDefinition {
  const found = define(model, more).containerDefinitions?.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no container ${name}`);
  return found;
}

function environmentOf({ environment = [] }: ContainerDefinition): Record<string, string> {
  expect(new Set(environment.map(({ name }) => name)).size).toBe(environment.length);
  return Object.fromEntries(environment.map(({ name = '', value = '' }) => [name, value]));
}

describe('the task', () => {
  it('bears the names by which it is found again, and the size of its instance', () => {
    const { containerDefinitions, ...task } = define();

    expect(task).toEqual({
      family: 'headrace_abalone_AllTraffic_g1',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['EC2'],
      cpu: '2048',
      memory: '3640',
      taskRoleArn: 'arn:aws:iam::123456789012:role/pipeline',
      executionRoleArn: undefined,
      volumes: [{ name: 'model-1' }, { name: 'model-2' }, { name: 'model-3' }],
      tags: [
        { key: 'headrace:stack', value: 'headrace' },
        { key: 'headrace:endpoint', value: 'abalone' },
        { key: 'headrace:variant', value: 'AllTraffic' },
        { key: 'headrace:generation', value: 'g1' },
      ],
    });
    expect(containerDefinitions?.map(({ name }) => name)).toEqual([
      'headrace_router',
      'headrace_loader',
      'featurise',
      'predict',
      'explain',
    ]);
  });

  it("runs under the stack's role when the model names none", () => {
    const config = { ...testConfig, taskRole: 'task-role', executionRole: 'execution-role' };

    const task = taskDefinition(FLEET, variantOf(), config);

    expect(task).toMatchObject({ taskRoleArn: 'task-role', executionRoleArn: 'execution-role' });
  });

  it('logs by endpoint, variant and container', () => {
    for (const { logConfiguration } of define().containerDefinitions ?? []) {
      expect(logConfiguration).toEqual({
        logDriver: 'awslogs',
        options: {
          'awslogs-group': '/headrace/Endpoints/abalone',
          'awslogs-region': 'us-east-1',
          'awslogs-create-group': 'true',
          'awslogs-stream-prefix': 'AllTraffic',
        },
      });
    }
  });

  it('tells every container its region, since no agent of ECS has to', () => {
    for (const one of define().containerDefinitions ?? []) {
      expect(environmentOf(one)).toMatchObject({ AWS_DEFAULT_REGION: 'us-east-1' });
    }
    expect(environmentOf(container('headrace_loader')).AWS_REGION).toBe('us-east-1');
  });

  it('ends with any of its containers but the loader', () => {
    const essential = define().containerDefinitions?.map(({ essential }) => essential);

    expect(essential).toEqual([true, false, true, true, true]);
  });

  it('mounts only volumes that it has, and each stage its own', () => {
    const { volumes = [], containerDefinitions = [] } = define();
    const mounted = containerDefinitions.flatMap(({ mountPoints = [] }) => mountPoints);

    for (const { sourceVolume } of mounted) expect(volumes).toContainEqual({ name: sourceVolume });
  });

  it('stays below the 64 KB of ECS with the largest environment that a model may have', () => {
    const entries = Array.from({ length: 31 }, (_, i) => [`K${i}`, 'v'.repeat(1020)]);
    const containers = Array.from({ length: 5 }, (_, i) => ({
      Image: 'i'.repeat(255),
      ModelDataUrl: `s3://bucket/${'k'.repeat(1000)}`,
      ...(i === 0 && { Environment: Object.fromEntries(entries) }),
    }));

    const size = JSON.stringify(define({ ...IRIS, containers })).length;

    expect(size).toBeGreaterThan(32 * 1024);
    expect(size).toBeLessThan(64 * 1024);
  });
});

describe('the router', () => {
  it('reads from its environment what the control plane means', () => {
    expect(parseRouterConfig(environmentOf(container('headrace_router')))).toMatchObject({
      endpoint: 'abalone',
      variant: 'AllTraffic',
      fleet: 'abalone_AllTraffic_g1',
      region: 'us-east-1',
      account: '123456789012',
      partition: 'aws',
      mode: 'Serial',
      port: 8080,
      listen: '0.0.0.0',
      stages: [
        { name: 'featurise', port: 24_000 },
        { name: 'predict', port: 24_032 },
        { name: 'explain', port: 24_064 },
      ],
      logGroup: '/headrace/Endpoints/abalone',
      logUrl: expect.stringMatching(/#logEventViewer:group=\/headrace\/Endpoints\/abalone$/),
      maxBodyBytes: 6_291_456,
      timeoutMs: 60_000,
      streamTimeoutMs: 480_000,
    });
  });

  it("has its variant's own limits, and the time to keep them when it is stopped", () => {
    const limits = { invocationTimeoutSeconds: 300, maxPayloadInMB: 100 };
    const router = container('headrace_router', IRIS, limits);

    expect(parseRouterConfig(environmentOf(router))).toMatchObject({
      maxBodyBytes: 104_857_600,
      timeoutMs: 300_000,
      streamTimeoutMs: 480_000,
    });
    expect(router.stopTimeout).toBe(20 + 480 + 13);
  });

  it('is our image, checked by ECS, reached on 8080', () => {
    expect(container('headrace_router')).toMatchObject({
      image: testConfig.routerImage,
      command: ['serve'],
      portMappings: [{ containerPort: 8080 }],
      healthCheck: { command: ['CMD', './serve', 'health'], interval: 5, timeout: 5, retries: 2 },
    });
  });

  it('is stopped before the stages, and only after what it still has to do', () => {
    const router = container('headrace_router');
    const { drainMs, streamTimeoutMs } = parseRouterConfig(environmentOf(router));

    expect(router.dependsOn).toEqual(
      ['featurise', 'predict', 'explain'].map((containerName) => ({
        containerName,
        condition: 'START',
      })),
    );
    // A route may be cached for a second; what was sent by it takes up to the deadline.
    expect(drainMs).toBeGreaterThan(1_000);
    expect((router.stopTimeout ?? 0) * 1000).toBeGreaterThan(drainMs + streamTimeoutMs);
  });
});

describe('the loader', () => {
  it('is told which data goes where, and mounts just that', () => {
    const loader = container('headrace_loader');

    expect(loader).toMatchObject({ image: testConfig.routerImage, command: ['load'] });
    expect(parseLoaderConfig(environmentOf(loader).HEADRACE_LOAD)).toMatchObject({
      timeoutSeconds: 900,
      stages: [
        {
          name: 'predict',
          position: 2,
          sources: [{ uri: 's3://bucket/model.tar.gz', kind: 'S3Object', compression: 'Gzip' }],
        },
        {
          name: 'explain',
          position: 3,
          sources: [{ uri: 's3://bucket/words/', kind: 'S3Prefix', compression: 'None' }],
        },
      ],
    });
    expect(loader.mountPoints).toEqual([
      { sourceVolume: 'model-2', containerPath: '/opt/ml/models/2' },
      { sourceVolume: 'model-3', containerPath: '/opt/ml/models/3' },
    ]);
  });

  it('is left out when no stage has data, and nobody waits for it', () => {
    const { containerDefinitions = [] } = taskDefinition(FLEET, variantOf(), testConfig);

    expect(containerDefinitions.map(({ name }) => name)).toEqual([
      'headrace_router',
      'container-1',
      'container-2',
    ]);
    expect(containerDefinitions[1]?.dependsOn).toBeUndefined();
  });
});

describe('a stage', () => {
  it('is run as SageMaker runs it', () => {
    expect(container('predict')).toMatchObject({
      image: 'registry.example/predict:1',
      command: ['serve'],
      portMappings: [{ containerPort: 24_032 }],
      mountPoints: [{ sourceVolume: 'model-2', containerPath: '/opt/ml/model', readOnly: true }],
      dependsOn: [{ containerName: 'headrace_loader', condition: 'SUCCESS' }],
      stopTimeout: 30,
    });
    expect(environmentOf(container('predict'))).toEqual({
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      SAGEMAKER_BIND_TO_PORT: '24032',
      SAGEMAKER_SAFE_PORT_RANGE: '24033-24063',
    });
  });

  it("has the user's environment, in which nobody else's port can be taken", () => {
    expect(environmentOf(container('featurise'))).toEqual({
      AWS_REGION: 'eu-west-3',
      AWS_DEFAULT_REGION: 'us-east-1',
      SAGEMAKER_PROGRAM: 'serve.py',
      SAGEMAKER_BIND_TO_PORT: '24000',
      SAGEMAKER_SAFE_PORT_RANGE: '24001-24031',
    });
  });

  it('has ports that meet no other, for as many stages as there can be', () => {
    const containers = Array.from({ length: 15 }, () => ({ Image: 'i' }));
    const stages = (define({ ...IRIS, containers }).containerDefinitions ?? []).slice(1);

    const ports = stages.flatMap((stage) => {
      const { SAGEMAKER_BIND_TO_PORT: port, SAGEMAKER_SAFE_PORT_RANGE: range = '' } =
        environmentOf(stage);
      const [first = 0, last = 0] = range.split('-').map(Number);
      return [Number(port), ...Array.from({ length: last - first + 1 }, (_, i) => first + i)];
    });

    expect(ports.length).toBe(15 * 32);
    expect(new Set(ports).size).toBe(ports.length);
    expect(ports).not.toContain(8080);
    expect(Math.max(...ports)).toBeLessThan(65_536);
  });

  it('is called primary when it was given as the primary container', () => {
    const model = { ...IRIS, isPrimary: true, containers: IRIS.containers.slice(0, 1) };

    expect(container('primary', model).image).toBe('registry.example/featurise:1');
  });

  it('is called by its position when it has no host name', () => {
    const containers = [{ Image: 'a' }, { Image: 'b' }];

    expect(container('container-2', { ...IRIS, containers }).image).toBe('b');
  });
});
