import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ListTasksCommand,
} from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RealEcs, until } from '../../../test/support/ecs/real-ecs.ts';
import { killOrphans, membersOf } from './orphans.ts';
import type { RunningEcs } from './start-ecs.ts';

let real: RealEcs;
const children: ChildProcess[] = [];

beforeEach(() => {
  real = new RealEcs();
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await real.close();
});

/** A stand-in in a process of its own, so that it can be killed. */
async function startInChild(): Promise<{ child: ChildProcess; ecs: RunningEcs }> {
  const program = `
    import { startEcs } from ${JSON.stringify(new URL('./start-ecs.ts', import.meta.url).href)};
    const ecs = await startEcs({
      dataDir: ${JSON.stringify(join(real.dir, 'data'))},
      baseDir: ${JSON.stringify(real.dir)},
      environment: process.env,
    });
    console.log(ecs.endpoint);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [endpoint] = await once(createInterface(child.stdout!), 'line');
  return { child, ecs: { endpoint } as RunningEcs };
}

async function tasksOf(ecs: { endpoint: string }, desiredStatus: 'RUNNING' | 'STOPPED') {
  const client = real.client(ecs);
  const list = new ListTasksCommand({ serviceName: 'web', desiredStatus });
  const { taskArns = [] } = await client.send(list);
  if (taskArns.length === 0) return [];
  return (await client.send(new DescribeTasksCommand({ tasks: taskArns }))).tasks ?? [];
}

/** The process groups of both tasks, once they are recorded. */
function recordedGroups(): Promise<number[]> {
  const tasks = join(real.dir, 'data', 'ecs', 'tasks');
  return until(() => {
    const files = readdirSync(tasks).map((id) => join(tasks, id, 'app', 'serve.pid'));
    return files.length === 2 && files.every((file) => existsSync(file))
      ? files.map((file) => Number(readFileSync(file, 'utf8')))
      : undefined;
  });
}

async function healthyPair(ecs: { endpoint: string }) {
  return until(async () => {
    const tasks = await tasksOf(ecs, 'RUNNING');
    return tasks.length === 2 && tasks.every((task) => task.healthStatus === 'HEALTHY')
      ? tasks
      : undefined;
  });
}

async function createWeb(ecs: RunningEcs): Promise<void> {
  // The leader ends at once when asked to; its child would stay for long.
  const image = real.image(
    'app',
    '#!/bin/sh\n[ "$1" = health ] && exit 0\nsleep 1000 &\nsleep 1000\n',
  );
  const healthCheck = {
    command: ['CMD', './serve', 'health'],
    interval: 5,
    timeout: 5,
    retries: 2,
    startPeriod: 60,
  };
  await real.register(ecs, [{ image, healthCheck }]);
  await real
    .client(ecs)
    .send(new CreateServiceCommand({ serviceName: 'web', taskDefinition: 'app', desiredCount: 2 }));
}

test('after SIGKILL of the stand-in its orphans are ended and its services come up again', async () => {
  const { child, ecs: first } = await startInChild();
  await real.client(first).send(new CreateClusterCommand({}));
  await createWeb(first);
  const before = await healthyPair(first);
  const groups = await recordedGroups();
  child.kill('SIGKILL');
  await once(child, 'exit');
  // One leader is gone by now, only its child is left.
  process.kill(groups[0]!, 'SIGKILL');
  const orphans = groups.map((group) => membersOf(group).length);

  const second = await real.start();
  const ended = groups.map((group) => membersOf(group).length);
  const after = await healthyPair(second);
  const stopped = await tasksOf(second, 'STOPPED');

  expect(Math.min(...orphans)).toBeGreaterThan(0);
  expect(ended).toEqual([0, 0]);
  expect(stopped.map((task) => task.taskArn).toSorted()).toEqual(
    before.map((task) => task.taskArn).toSorted(),
  );
  expect(stopped[0]).toMatchObject({
    lastStatus: 'STOPPED',
    stoppedReason: 'Host EC2 (instance local) terminated.',
  });
  expect(after).toHaveLength(2);
});

test('after close and a new start services come up again', async () => {
  const first = await real.start();
  await createWeb(first);
  await healthyPair(first);
  const groups = await recordedGroups();
  await first.close();
  const left = groups.map((group) => membersOf(group).length);

  const second = await real.start();
  await healthyPair(second);

  const { services } = await real
    .client(second)
    .send(new DescribeServicesCommand({ services: ['web'] }));
  expect(left).toEqual([0, 0]);
  expect(services?.[0]).toMatchObject({ status: 'ACTIVE', desiredCount: 2, runningCount: 2 });
});

test('a process that only has the pid of a record is left alone', async () => {
  const innocent = spawn('/bin/sleep', ['1000'], { detached: true, stdio: 'ignore' });
  children.push(innocent);
  await once(innocent, 'spawn');
  const folder = join(real.dir, 'orphans', 'life', 'task', 'app');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'serve.pid'), `${innocent.pid}\n`);
  const longAgo = Date.now() / 1000 - 3600;
  utimesSync(join(folder, 'serve.pid'), longAgo, longAgo);

  await killOrphans(join(real.dir, 'orphans'));

  expect(membersOf(innocent.pid!)).toEqual([innocent.pid]);
});

test('a damaged record of a pid harms nobody', async () => {
  const folder = join(real.dir, 'orphans', 'life', 'task', 'app');
  mkdirSync(folder, { recursive: true });
  for (const [index, text] of ['', '0', '1', '-1', 'x', `${process.pid}.5`].entries()) {
    writeFileSync(join(folder, `${index}.pid`), text);
  }

  await expect(killOrphans(join(real.dir, 'orphans'))).resolves.toBeUndefined();
});
