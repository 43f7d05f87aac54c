import type { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ShareItem, shareKey } from '../src/batch/work-items.ts';
import { keyOf } from '../src/records/named-record.ts';
import { parseStartedBy } from '../src/transforms/job-fleet.ts';
import { jobTaskDefinition } from '../src/transforms/job-task.ts';
import { reconcileJob } from '../src/transforms/reconcile.ts';
import type { TransformJobRecord } from '../src/transforms/transform-job-record.ts';
import { Death, type Fault, faultAt, SAMPLED_FAULTS } from './support/faults.ts';
import { SimulatedPlane, type SimulatedProcess } from './support/simulated-plane.ts';

/** Far more than a job takes; the test says so when it is not. */
const MOST_CALLS = 200;
const SHARES = 2;

let plane: SimulatedPlane;

beforeEach(async () => {
  plane = new SimulatedPlane();
  await plane.open();
  await plane.define(plane.start(), 'model');
});

afterEach(() => plane.close());

function jobOf(TransformJobName: string) {
  const S3DataSource = { S3DataType: 'S3Prefix', S3Uri: 's3://data/in/' };
  return {
    TransformJobName,
    ModelName: 'model',
    TransformInput: { DataSource: { S3DataSource } },
    TransformOutput: { S3OutputPath: 's3://data/out' },
    TransformResources: { InstanceType: 'ml.c5.large', InstanceCount: SHARES },
  };
}

async function recordOf(name: string): Promise<TransformJobRecord | undefined> {
  return plane.start().table.get<TransformJobRecord>(keyOf('transform-job', name));
}

interface SeenTask {
  taskArn: string;
  startedBy?: string;
  lastStatus: string;
  taskDefinitionArn: string;
}

function tasksOf(name: string): SeenTask[] {
  const ids = (['RUNNING', 'STOPPED'] as const).flatMap(
    (desiredStatus) =>
      plane.ecs.call<{ taskArns: string[] }>('ListTasks', { cluster: 'headrace', desiredStatus })
        .taskArns,
  );
  if (ids.length === 0) return [];
  const all: SeenTask[] = [];
  for (let from = 0; from < ids.length; from += 100) {
    const tasks = ids.slice(from, from + 100);
    all.push(
      ...plane.ecs.call<{ tasks: SeenTask[] }>('DescribeTasks', { cluster: 'headrace', tasks })
        .tasks,
    );
  }
  return all.filter((task) => task.taskDefinitionArn.includes(`_${name}_`));
}

/** Every task that was ever there, by ARN: which share and attempt it was. */
const started = new Map<string, string>();

/** What a worker writes when it is done: every share whose task runs. */
async function finishShares(name: string): Promise<void> {
  const record = await recordOf(name);
  if (record === undefined) return;
  const { table } = plane.start();
  for (const { startedBy, lastStatus, taskArn } of tasksOf(name)) {
    started.set(taskArn, `${name} ${startedBy}`);
    const share = parseStartedBy(startedBy)?.share;
    if (share === undefined || lastStatus !== 'RUNNING') continue;
    const now = plane.now;
    await table.create<ShareItem>({
      ...shareKey(name, record.generation, share),
      incarnation: 'worker',
      expires: 0,
      share,
      steps: 1,
      objectsTotal: 1,
      isListed: true,
      objectsDone: 1,
      objectsFailed: 0,
      recordsDone: 1,
      recordsFailed: 0,
      failures: [],
      isFinished: true,
      startedAt: now,
      updatedAt: now,
    });
  }
}

const s3 = { send: async () => ({}) } as unknown as S3Client;

async function drive(process: SimulatedProcess, name: string, doesWork: boolean): Promise<void> {
  for (let turn = 0; turn < 60; turn++) {
    await reconcileJob(name, { ...process, s3 });
    await plane.ecs.time.advance(1_000);
    if (doesWork) await finishShares(name);
    const left = plane.ecs.call<{ families: string[] }>('ListTaskDefinitionFamilies', {
      familyPrefix: `headrace__transform_${name}_`,
      status: 'ALL',
    });
    const status = (await recordOf(name))?.status ?? '';
    if (['Completed', 'Stopped'].includes(status) && left.families.length === 0) return;
  }
  throw new Error(`${name} is ${(await recordOf(name))?.status}, or not cleaned up`);
}

/** Creates the job, as any client that is told nothing would: again, unless it is there. */
async function run(process: SimulatedProcess, name: string, stops: boolean): Promise<void> {
  if ((await recordOf(name)) === undefined) {
    await plane.call(process, 'CreateTransformJob', jobOf(name));
  }
  if (stops && (await recordOf(name))?.status === 'InProgress') {
    await reconcileJob(name, { ...process, s3 });
    await plane.call(process, 'StopTransformJob', { TransformJobName: name });
  }
  await drive(process, name, !stops);
}

/** On the event bus, in the order of the first times. */
function statusesTold(name: string): Set<string> {
  const details = plane.told.map(({ detail }) => detail as Record<string, string>);
  const own = details.filter(({ TransformJobName }) => TransformJobName === name);
  return new Set(own.map(({ TransformJobStatus = '' }) => TransformJobStatus));
}

async function tryEveryCall(fault: Fault, stops: boolean): Promise<number> {
  for (let at = 1; at <= MOST_CALLS; at++) {
    const name = `${stops ? 'stop' : 'run'}-${fault.replace(' ', '-')}-${at}`;
    const { around, calls } = faultAt(at, fault);
    try {
      await run(plane.start(around), name, stops);
    } catch (error) {
      if (!(error instanceof Death)) throw error;
      await run(plane.start(), name, stops);
    }

    const tasks = tasksOf(name);
    const attempts = [...started.values()].filter((text) => text.startsWith(`${name} `));
    const end = stops ? 'Stopped' : 'Completed';
    expect((await recordOf(name))?.status).toBe(end);
    expect(statusesTold(name)).toEqual(
      new Set(stops ? ['InProgress', 'Stopping', end] : ['InProgress', end]),
    );
    expect(new Set(attempts).size).toBe(attempts.length);
    if (!stops) expect(attempts.length).toBe(SHARES);
    expect(tasks.filter(({ lastStatus }) => lastStatus !== 'STOPPED')).toEqual([]);
    if (calls() < at) return at - 1;
  }
  throw new Error(`more than ${MOST_CALLS} calls`);
}

it('a job goes on when its tasks are not listed yet, and two hands have registered its definition', async () => {
  const name = 'unlisted';
  const process = plane.start();
  await plane.call(process, 'CreateTransformJob', jobOf(name));
  await reconcileJob(name, { ...process, s3 });
  const record = await recordOf(name);
  plane.ecs.call('RegisterTaskDefinition', jobTaskDefinition(record!, process.config));
  plane.laggingLists = /^ListTasks$/;

  await reconcileJob(name, { ...process, s3 });

  expect(await recordOf(name)).toMatchObject({ status: 'InProgress' });
  plane.laggingLists = undefined;
  await drive(process, name, true);
  expect(await recordOf(name)).toMatchObject({ status: 'Completed' });
  expect(tasksOf(name)).toHaveLength(SHARES);
});

describe.each<Fault>(SAMPLED_FAULTS)('every outside call of the control plane, %s', (fault) => {
  it('a job still ends, each share run once, nothing left', async () => {
    expect(await tryEveryCall(fault, false)).toBeGreaterThan(20);
  });

  it('a job that is stopped still stops, nothing left', async () => {
    expect(await tryEveryCall(fault, true)).toBeGreaterThan(15);
  });
});
