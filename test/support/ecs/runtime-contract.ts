import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { StopTaskCommand } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningEcs } from '../../../src/local/ecs/start-ecs.ts';
import { type RealEcs, until } from './real-ecs.ts';

/** A stand-in on one runtime. */
export interface RuntimeWorld {
  readonly real: RealEcs;
  readonly ecs: RunningEcs;
  /** An image whose `serve` runs the shell script in the variable SCRIPT. */
  readonly image: string;
  /** What still runs, or lies about, of anything that this world started. */
  leftovers(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export const SERVE = '#!/bin/sh\neval "$SCRIPT"\n';

/** A shell does not act on SIGTERM while it waits for a command, so the command is short. */
const WAIT = 'while :; do sleep 0.05; done';
/** A child that can be told from others: the name of its image is in its arguments. */
const CHILD = `sh -c '${WAIT}' "$0"`;
/** A process finds it named in its environment, a container where it always is. */
const ML_FOLDER = 'ml=$SAGEMAKER_BASE_DIR; [ "$ml" ] || ml=/opt/ml;';
const HEALTH_TIMING = { interval: 5, timeout: 2, retries: 1, startPeriod: 0 };
const ROLE = 'arn:aws:iam::000000000000:role/task';

const isStopped = (task: { lastStatus?: string }): boolean => task.lastStatus === 'STOPPED';
const isRunning = (task: { lastStatus?: string }): boolean => task.lastStatus === 'RUNNING';

/** What every runtime does alike, whatever a container is to it. */
export function runtimeContract(open: () => Promise<RuntimeWorld>): void {
  let world: RuntimeWorld;

  beforeAll(async () => {
    world = await open();
  });

  afterAll(() => world?.close());

  /** A container that runs `script`, with `variables` besides. */
  const runs = (script: string, variables: Record<string, string> = {}) => ({
    image: world.image,
    environment: Object.entries({ ...variables, SCRIPT: script }).map(([name, value]) => ({
      name,
      value,
    })),
  });

  const register = (
    containers: Parameters<RealEcs['register']>[1],
    more?: Parameters<RealEcs['register']>[2],
  ) => world.real.register(world.ecs, containers, more);

  const run = () => world.real.run(world.ecs);

  const stopped = (arn: string) => world.real.untilTask(world.ecs, arn, isStopped);

  const stop = (task: string) => world.real.client(world.ecs).send(new StopTaskCommand({ task }));

  const logOf = async (arn: string, container = 'app'): Promise<string[]> => {
    const { events = [] } = await world.real.logsClient(world.ecs).send(
      new GetLogEventsCommand({
        logGroupName: '/ecs/app',
        logStreamName: `ecs/${container}/${arn.slice(-32)}`,
        startFromHead: true,
      }),
    );
    return events.map(({ message }) => message ?? '');
  };

  const logged = async (arn: string, line: string): Promise<void> => {
    await world.real.untilTask(world.ecs, arn, isRunning);
    await until(async () => ((await logOf(arn)).includes(line) ? true : undefined));
  };

  test('a container has its own environment, and nothing of the parent', async () => {
    await register([runs('echo "$OWN|$MARKER|$1"', { OWN: 'a "word" = $HOME' })]);

    const arn = await run();
    await stopped(arn);

    expect(await logOf(arn)).toEqual(['a "word" = $HOME||serve']);
  });

  test('a task can fetch the credentials of its role', async () => {
    const program = `fetch(process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI)
      .then((answer) => answer.text())
      .then(console.log)`;
    await register([runs(`node -e '${program}'`)], { taskRoleArn: ROLE });

    const arn = await run();
    await stopped(arn);

    const [said = ''] = await logOf(arn);
    expect(JSON.parse(said)).toEqual({
      RoleArn: ROLE,
      AccessKeyId: expect.any(String),
      SecretAccessKey: expect.any(String),
      Token: expect.any(String),
      Expiration: expect.stringMatching(/^\d{4}-/),
    });
  });

  test('what the loader puts into a volume is the model of the stage that mounts it', async () => {
    await register(
      [
        {
          ...runs(`${ML_FOLDER} echo weights > "$ml/models/1/w"`),
          name: 'loader',
          essential: false,
          mountPoints: [{ sourceVolume: 'model-1', containerPath: '/opt/ml/models/1' }],
        },
        {
          ...runs(`${ML_FOLDER} cat "$ml/model/w"`),
          mountPoints: [
            { sourceVolume: 'model-1', containerPath: '/opt/ml/model', readOnly: true },
          ],
          dependsOn: [{ containerName: 'loader', condition: 'SUCCESS' }],
        },
      ],
      { volumes: [{ name: 'model-1' }] },
    );

    const arn = await run();
    await stopped(arn);

    expect(await logOf(arn)).toEqual(['weights']);
    expect(await world.leftovers()).toEqual([]);
  });

  test('SIGTERM leaves time to finish, and output is kept to the last word', async () => {
    const polite = 'trap \'printf "bye without newline"; exit 0\' TERM; echo ready;';
    await register([runs(`${polite} ${WAIT}`)]);
    const arn = await run();
    await logged(arn, 'ready');

    await stop(arn);
    const task = await stopped(arn);

    expect(task.containers?.[0]).toMatchObject({ exitCode: 0 });
    expect((await logOf(arn)).at(-1)).toBe('bye without newline');
  });

  test('what ignores SIGTERM is killed after its stop timeout, and its children with it', async () => {
    const stubborn = `trap '' TERM; ${CHILD} & echo ready; ${WAIT}`;
    await register([{ ...runs(stubborn), stopTimeout: 1 }]);
    const arn = await run();
    await logged(arn, 'ready');

    await stop(arn);
    const task = await stopped(arn);

    expect(task.containers?.[0]?.exitCode).toBe(137);
    expect(await world.leftovers()).toEqual([]);
  });

  test('an exit code is told, and a child that is left behind goes too', async () => {
    await register([runs(`${CHILD} & exit 3`)]);

    const task = await stopped(await run());

    expect(task).toMatchObject({
      stopCode: 'EssentialContainerExited',
      containers: [{ exitCode: 3 }],
    });
    expect(await world.leftovers()).toEqual([]);
  });

  test('health checks run in the container: its folder, its environment, both forms', async () => {
    const checked = runs(`[ "$1" = health ] && exec test "$OWN" = 1; ${WAIT}`, { OWN: '1' });
    const checkedBy = (...command: string[]) => ({ command, ...HEALTH_TIMING });
    await register([
      { ...checked, name: 'a', healthCheck: checkedBy('CMD', './serve', 'health') },
      {
        ...checked,
        name: 'b',
        healthCheck: checkedBy('CMD-SHELL', 'test -x serve && test "$OWN" = 1'),
      },
    ]);

    const arn = await run();
    const task = await world.real.untilTask(
      world.ecs,
      arn,
      ({ healthStatus }) => healthStatus === 'HEALTHY',
    );
    world.ecs.killTask(arn);
    await stopped(arn);

    expect(task.containers?.map(({ healthStatus }) => healthStatus)).toEqual([
      'HEALTHY',
      'HEALTHY',
    ]);
  });

  test('a health check that hangs fails after its timeout, and goes with its container', async () => {
    const healthCheck = { command: ['CMD', './serve', 'health'], ...HEALTH_TIMING };
    const hanging = runs(`[ "$1" = health ] && exec ${CHILD}; ${WAIT}`);
    await register([{ ...hanging, healthCheck }]);

    const arn = await run();
    const task = await world.real.untilTask(
      world.ecs,
      arn,
      ({ healthStatus }) => healthStatus === 'UNHEALTHY',
    );
    world.ecs.killTask(arn);
    await stopped(arn);

    expect(task.lastStatus).toBe('RUNNING');
    expect(await world.leftovers()).toEqual([]);
  });

  test('a container that is killed takes its task with it, in ECS’s words', async () => {
    await register([runs(WAIT)]);
    const arn = await run();
    await world.real.untilTask(world.ecs, arn, isRunning);

    world.ecs.killTask(arn);
    const task = await stopped(arn);

    expect(task).toMatchObject({
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      containers: [{ exitCode: 137, lastStatus: 'STOPPED' }],
    });
  });

  test('close leaves nothing', async () => {
    const other = await open();
    const { ecs, real } = other;
    const stubborn = runs(`trap '' TERM; ${CHILD} & ${WAIT}`);
    await real.register(ecs, [{ ...stubborn, image: other.image, stopTimeout: 1 }]);
    await real.untilTask(ecs, await real.run(ecs), isRunning);
    const before = await other.leftovers();

    await ecs.close();

    expect(before).not.toEqual([]);
    expect(await other.leftovers()).toEqual([]);
    await other.close();
  });
}
