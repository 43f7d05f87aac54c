import { join } from 'node:path';
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RealEcs } from '../../../test/support/ecs/real-ecs.ts';
import type { RunningEcs } from './start-ecs.ts';

let real: RealEcs;

beforeEach(() => {
  real = new RealEcs();
});

afterEach(() => real.close());

const WAIT = 'while :; do sleep 0.05; done';

async function logOf(ecs: RunningEcs): Promise<string[]> {
  const { events = [] } = await real
    .logsClient(ecs)
    .send(new FilterLogEventsCommand({ logGroupName: '/ecs/app' }));
  return events.map(({ message }) => message ?? '');
}

function taskFolder(taskArn: string): string {
  return join(real.dir, 'data', 'ecs', 'tasks', taskArn.slice(taskArn.lastIndexOf('/') + 1));
}

const isStopped = (task: { lastStatus?: string }): boolean => task.lastStatus === 'STOPPED';

test('the environment is what ECS gives, what the container wants, and nothing of the parent', async () => {
  const ecs = await real.start({
    environment: { PATH: process.env.PATH, HOME: '/home/x', MARKER: 'must not leak' },
    s3Endpoint: 'http://127.0.0.1:1',
  });
  const image = real.image(
    'env',
    `#!${process.execPath}\nconsole.log(JSON.stringify(process.env));`,
  );
  const environment = [
    { name: 'SAGEMAKER_BIND_TO_PORT', value: '24000' },
    { name: 'SAGEMAKER_SAFE_PORT_RANGE', value: '24001-24031' },
    { name: 'HEADRACE_STAGE_PORTS', value: '24000,8080' },
    { name: 'OWN', value: '24000' },
  ];
  await real.register(
    ecs,
    [{ image, environment, portMappings: [{ containerPort: 24_000 }, { containerPort: 8080 }] }],
    { taskRoleArn: 'arn:aws:iam::000000000000:role/task' },
  );

  const arn = await real.run(ecs);
  const task = await real.untilTask(ecs, arn, isStopped);

  const [stage = 0, router = 0] = (task.containers?.[0]?.networkBindings ?? []).map(
    ({ hostPort }) => hostPort ?? 0,
  );
  const mlFolder = join(taskFolder(arn), 'app', 'opt', 'ml');
  expect(stage).toBeGreaterThanOrEqual(10_000);
  expect(JSON.parse((await logOf(ecs))[0]!)).toEqual({
    PATH: process.env.PATH,
    HOME: '/home/x',
    AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1',
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${ecs.endpoint}/credentials/${arn.slice(-32)}`,
    SAGEMAKER_BASE_DIR: mlFolder,
    SM_MODEL_DIR: join(mlFolder, 'model'),
    SAGEMAKER_BIND_TO_PORT: `${stage}`,
    SAGEMAKER_SAFE_PORT_RANGE: `${stage + 1}-${stage + 31}`,
    HEADRACE_STAGE_PORTS: `${stage},${router}`,
    OWN: '24000',
  });
});

test('a folder without an executable serve cannot be pulled, and says what to do', async () => {
  const ecs = await real.start();
  await real.register(ecs, [{ image: 'file:nowhere' }]);

  const task = await real.untilTask(ecs, await real.run(ecs), isStopped);

  expect(task.stopCode).toBe('TaskFailedToStart');
  expect(task.containers?.[0]?.reason).toMatch(
    /^CannotPullContainerError: image file:nowhere has no executable "serve": create .*nowhere\/serve and make it executable/,
  );
});

test('an image that is not a folder cannot be pulled', async () => {
  const ecs = await real.start();
  await real.register(ecs, [{ image: 'nginx:latest' }]);

  const task = await real.untilTask(ecs, await real.run(ecs), isStopped);

  expect(task.stoppedReason).toContain('this runtime runs only file:<dir> images');
});

test('a serve whose interpreter is missing tells so', async () => {
  const ecs = await real.start();
  const image = real.image('broken', '#!/no/such/interpreter\n');
  await real.register(ecs, [{ image }]);

  const task = await real.untilTask(ecs, await real.run(ecs), isStopped);

  expect([126, 127]).toContain(task.containers?.[0]?.exitCode);
  expect(task.containers?.[0]?.reason).toContain('Is the interpreter in its first line installed?');
});

test('a mount that a process cannot have is refused', async () => {
  const ecs = await real.start();
  const image = real.image('mounted', `#!/bin/sh\n${WAIT}\n`);
  const mountPoints = [{ sourceVolume: 'v', containerPath: '/opt/ml/../x' }];
  await real.register(ecs, [{ image, mountPoints }], { volumes: [{ name: 'v' }] });

  const task = await real.untilTask(ecs, await real.run(ecs), isStopped);

  expect(task.stoppedReason).toContain('mounts below /opt/ml/ only');
});
