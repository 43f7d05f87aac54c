import { StopTaskCommand } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RealEcs, until } from '../../../../test/support/ecs/real-ecs.ts';
import { openEngineWorld } from '../../../../test/support/ecs/scripted-engine.ts';
import { describeWithEngine } from '../../../../test/support/engine.ts';

const WAIT = 'trap exit TERM; while :; do sleep 0.05; done';
const FILL_MEMORY = "node -e 'const all = []; for (;;) all.push(Buffer.alloc(1e7, 1))'";

const isStopped = (task: { lastStatus?: string }): boolean => task.lastStatus === 'STOPPED';
const isRunning = (task: { lastStatus?: string }): boolean => task.lastStatus === 'RUNNING';

/** What only an engine does; the rest is in the contract of all runtimes. */
await describeWithEngine('containers of an engine', (docker) => {
  let world: Awaited<ReturnType<typeof openEngineWorld>>;

  beforeAll(async () => {
    world = await openEngineWorld(docker);
  });

  afterAll(() => world?.close());

  const runs = (SCRIPT: string) => ({
    image: world.image,
    environment: [{ name: 'SCRIPT', value: SCRIPT }],
  });

  const taskOf = async (
    containers: Parameters<RealEcs['register']>[1],
    more?: Parameters<RealEcs['register']>[2],
  ) => {
    await world.real.register(world.ecs, containers, more);
    return await world.real.run(world.ecs);
  };

  const stopped = (arn: string) => world.real.untilTask(world.ecs, arn, isStopped);

  test.each([
    ['of its own', { memory: 64 }, {}],
    ['of its task', {}, { memory: '64' }],
  ])(
    'one that goes over the memory limit %s is killed, and the reason says so',
    async (_, own, task) => {
      const { containers } = await stopped(await taskOf([{ ...runs(FILL_MEMORY), ...own }], task));

      expect(containers?.[0]).toMatchObject({
        exitCode: 137,
        reason: 'OutOfMemoryError: Container killed due to memory usage',
      });
    },
  );

  test('one whose program is not there cannot start, in the words of the engine', async () => {
    const task = await stopped(await taskOf([{ ...runs(''), entryPoint: ['/no/such/program'] }]));

    expect(task.stopCode).toBe('TaskFailedToStart');
    expect(task.stoppedReason).toMatch(
      /^CannotStartContainerError: app: .*\/no\/such\/program.*no such file or directory/,
    );
    expect(await world.leftovers()).toEqual([]);
  });

  test('model data is read-only to a stage', async () => {
    const mountPoints = [
      { sourceVolume: 'model-1', containerPath: '/opt/ml/model', readOnly: true },
    ];
    const task = await stopped(
      await taskOf([{ ...runs('echo x > /opt/ml/model/x'), mountPoints }], {
        volumes: [{ name: 'model-1' }],
      }),
    );

    expect(task.containers?.[0]?.exitCode).toBe(2);
  });

  test('a volume that nothing was put into shows what the image has at its place', async () => {
    const mountPoints = [
      { sourceVolume: 'model-1', containerPath: '/opt/program', readOnly: true },
    ];
    const task = await stopped(
      await taskOf([{ ...runs('test -x /opt/program/serve && exit 5'), mountPoints }], {
        volumes: [{ name: 'model-1' }],
      }),
    );

    expect(task.containers?.[0]?.exitCode).toBe(5);
  });

  test('containers of a task have one loopback', async () => {
    const listens = `node -e 'require("http").createServer((_, answer) => answer.end()).listen(24000, "127.0.0.1")'`;
    const asks = `node -e '(async () => { for (;;) try { await fetch("http://127.0.0.1:24000"); process.exit(7) } catch {} })()'`;
    const task = await stopped(
      await taskOf([
        { ...runs(`exec ${listens}`), name: 'listens', stopTimeout: 1 },
        { ...runs(`exec ${asks}`), name: 'asks' },
      ]),
    );

    expect(task.containers?.map(({ exitCode }) => exitCode)).toEqual([137, 7]);
  });

  test('a task that loses its network is stopped', async () => {
    const arn = await taskOf([runs(WAIT)]);
    await world.real.untilTask(world.ecs, arn, isRunning);

    const holder = (await world.leftovers()).find((name) => name.endsWith('-network'));
    await docker.getContainer(holder?.slice(1) ?? '').kill();
    const task = await stopped(arn);

    expect(task.stopCode).toBe('EssentialContainerExited');
    expect(await world.leftovers()).toEqual([]);
  });

  test('what an earlier life left is removed before the next one begins', async () => {
    const arn = await taskOf([runs(WAIT)]);
    await world.real.untilTask(world.ecs, arn, isRunning);
    const before = await world.leftovers();

    // The first one lives on, but its containers do not know.
    await world.start();
    const after = await world.leftovers();

    expect(before).not.toEqual([]);
    expect(after).toEqual([]);
    await stopped(arn);
  });

  test('a task can be stopped while it starts', async () => {
    const arn = await taskOf([runs(WAIT)]);

    await world.real.client(world.ecs).send(new StopTaskCommand({ task: arn }));
    await stopped(arn);

    await until(async () => ((await world.leftovers()).length === 0 ? true : undefined));
  });
});
