import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobRecordOf, jobRequestOf } from '../../test/support/job-records.ts';
import type { ShareItem } from '../batch/work-items.ts';
import type { ObservedTask } from '../fleet/observed-fleet.ts';
import { isAtRest, type ObservedJob, plan, type ShareTask } from './plan.ts';
import type { Attempt, TransformJobRecord } from './transform-job-record.ts';

const NOON = 1_795_348_800_000;
const MINUTE = 60_000;

/** On two instances. */
function jobOf(change: Partial<TransformJobRecord> = {}): TransformJobRecord {
  const TransformResources = { InstanceType: 'ml.c5.large', InstanceCount: 2 };
  return jobRecordOf(NOON, { request: jobRequestOf({ TransformResources }), ...change });
}

function attempt(change: Partial<Attempt> = {}): Attempt {
  return { number: 1, at: NOON, steps: 0, fruitless: 0, ...change };
}

function taskOf(share: number, number: number, change: Partial<ObservedTask> = {}): ShareTask {
  const task: ObservedTask = {
    id: `task-${share}-${number}`,
    phase: 'running',
    health: 'HEALTHY',
    address: undefined,
    createdAt: NOON,
    startedAt: NOON,
    stoppedAt: undefined,
    stopCode: undefined,
    stoppedReason: undefined,
    containers: [],
    ...change,
  };
  return { share, attempt: number, task };
}

const DIED = { phase: 'stopped', stopCode: 'EssentialContainerExited' } as const;

function shareOf(share: number, change: Partial<ShareItem> = {}): ShareItem {
  return {
    pk: '',
    sk: '',
    incarnation: '',
    revision: 1,
    written: '',
    expires: 0,
    share,
    steps: 0,
    objectsTotal: 1,
    isListed: true,
    objectsDone: 1,
    objectsFailed: 0,
    recordsDone: 1,
    recordsFailed: 0,
    failures: [],
    isFinished: false,
    startedAt: NOON + 1,
    updatedAt: NOON + 2,
    ...change,
  };
}

function observedOf(change: Partial<ObservedJob> = {}): ObservedJob {
  return {
    activeDefinitions: ['definition'],
    inactiveDefinitions: [],
    tasks: [],
    shares: [],
    ...change,
  };
}

const TWO = [attempt(), attempt()];

describe('a job that is in progress', () => {
  it('registers what its tasks are, and writes an attempt down before it runs it', () => {
    const nothing = plan(jobOf(), observedOf({ activeDefinitions: [] }), NOON);
    const registered = plan(jobOf(), observedOf(), NOON);
    const decided = plan(jobOf({ attempts: TWO }), observedOf(), NOON);

    expect(nothing.actions).toEqual([{ do: 'ensureLogGroup' }, { do: 'registerTaskDefinition' }]);
    expect(registered.actions).toEqual([]);
    expect(registered.next).toMatchObject({ to: 'write', record: { attempts: TWO } });
    expect(decided.actions).toEqual(
      [0, 1].map((share) => ({
        do: 'runTask',
        share,
        attempt: 1,
        taskDefinition: 'definition',
      })),
    );
  });

  it('waits while its tasks run', () => {
    const tasks = [taskOf(0, 1), taskOf(1, 1)];

    const decided = plan(jobOf({ attempts: TWO }), observedOf({ tasks }), NOON + MINUTE);

    expect(isAtRest(decided)).toBe(true);
  });

  it('starts a share again whose task died', () => {
    const tasks = [taskOf(0, 1), taskOf(1, 1, DIED)];
    const shares = [shareOf(0), shareOf(1, { steps: 4 })];

    const { next } = plan(jobOf({ attempts: TWO }), observedOf({ tasks, shares }), NOON);

    const again = { number: 2, at: NOON, steps: 4, fruitless: 0 };
    expect(next).toMatchObject({ to: 'write', record: { attempts: [TWO[0], again] } });
  });

  it('gives up when a share dies twice without a step', () => {
    const attempts = [attempt(), attempt({ number: 2, steps: 4, fruitless: 1 })];
    const tasks = [taskOf(0, 1), taskOf(1, 2, DIED)];
    const shares = [shareOf(0), shareOf(1, { steps: 4 })];

    const { next } = plan(jobOf({ attempts }), observedOf({ tasks, shares }), NOON);

    expect(next).toMatchObject({ to: 'fail', fault: { cause: 'stopped' } });
  });

  it('does not hold it against a share that its instance was taken away', () => {
    const attempts = [attempt(), attempt({ number: 9, fruitless: 1 })];
    const gone = { phase: 'stopped', stopCode: 'SpotInterruption' } as const;
    const tasks = [taskOf(0, 1), taskOf(1, 9, gone)];

    const { next } = plan(jobOf({ attempts }), observedOf({ tasks }), NOON);

    expect(next).toMatchObject({ to: 'write', record: { attempts: [{}, { number: 10 }] } });
  });

  it.each([
    ['stopped', taskOf(1, 1, { phase: 'stopped', stopCode: 'TaskFailedToStart' })],
    ['no-capacity', taskOf(1, 1, { phase: 'placing' })],
    ['not-started', taskOf(1, 1, { phase: 'starting' })],
  ])('fails: %s', (cause, task) => {
    const observed = observedOf({ tasks: [taskOf(0, 1), task] });

    const { next } = plan(jobOf({ attempts: TWO }), observed, NOON + 60 * MINUTE);

    expect(next).toMatchObject({ to: 'fail', fault: { cause } });
  });

  it('fails when no task came to be, and goes on when one came and was forgotten', () => {
    const tasks = [taskOf(0, 1)];
    const later = NOON + 16 * MINUTE;
    const forgotten = observedOf({ tasks, shares: [shareOf(1, { steps: 1 })] });

    const never = plan(jobOf({ attempts: TWO }), observedOf({ tasks }), later);
    const again = plan(jobOf({ attempts: TWO }), forgotten, later);

    expect(never.next).toMatchObject({ to: 'fail', fault: { cause: 'no-capacity' } });
    expect(again.next).toMatchObject({ to: 'write', record: { attempts: [{}, { number: 2 }] } });
  });

  it('ends when every share has, in success only if every object did', () => {
    const finished = [shareOf(0, { isFinished: true }), shareOf(1, { isFinished: true })];
    const failures = ['s3://b/in/x: record 1'];
    const failed = [finished[0]!, shareOf(1, { isFinished: true, objectsFailed: 1, failures })];

    const good = plan(jobOf({ attempts: TWO }), observedOf({ shares: finished }), NOON + 9);
    const bad = plan(jobOf({ attempts: TWO }), observedOf({ shares: failed }), NOON + 9);

    expect(good.next).toMatchObject({
      record: { status: 'Completed', startTime: NOON + 1, endTime: NOON + 9 },
    });
    expect(bad.next).toMatchObject({
      record: { status: 'Failed', failureReason: expect.stringContaining(failures[0]!) },
    });
  });
});

it('a job that is stopping stops its tasks, then abandons what they left', () => {
  const job = jobOf({ status: 'Stopping', attempts: TWO });
  const running = observedOf({ tasks: [taskOf(0, 1), taskOf(1, 1, { phase: 'stopping' })] });
  const stopped = observedOf({ tasks: [taskOf(0, 1, DIED), taskOf(1, 1, DIED)] });

  expect(plan(job, running, NOON)).toEqual({
    next: { to: 'keep' },
    actions: [{ do: 'stopTask', task: 'task-0-1' }],
  });
  expect(plan(job, stopped, NOON)).toMatchObject({
    next: { record: { status: 'Stopped' } },
    actions: [{ do: 'abandonWork' }],
  });
});

it('of a job that has ended nothing is left', () => {
  const failed = jobOf({ status: 'Failed' });
  const unfinished = { shares: [shareOf(0)] };

  const steps = [
    observedOf({ ...unfinished, tasks: [taskOf(0, 1)] }),
    observedOf({ ...unfinished }),
    observedOf({ activeDefinitions: [], inactiveDefinitions: ['definition'] }),
    observedOf({ activeDefinitions: [] }),
  ].map((observed) => plan(failed, observed, NOON).actions.map((action) => action.do));

  expect(steps).toEqual([
    ['stopTask'],
    ['abandonWork', 'deregisterTaskDefinitions'],
    ['deleteTaskDefinitions'],
    [],
  ]);
});

it('whatever is there, an attempt is never skipped, and none runs before it is written', () => {
  const phase = fc.constantFrom('placing', 'starting', 'running', 'stopping', 'stopped' as const);
  const stopCode = fc.constantFrom(undefined, 'EssentialContainerExited', 'SpotInterruption');
  const someTask = fc
    .tuple(fc.nat(1), fc.integer({ min: 1, max: 3 }), phase, stopCode)
    .map(([share, number, given, code]) =>
      taskOf(share, number, { phase: given as ObservedTask['phase'], stopCode: code }),
    );
  const someShare = fc
    .tuple(fc.nat(1), fc.boolean(), fc.nat(3))
    .map(([share, isFinished, steps]) => shareOf(share, { isFinished, steps }));
  const someAttempts = fc.constantFrom([], [attempt()], TWO, [
    attempt({ number: 2 }),
    attempt({ number: 3, fruitless: 1 }),
  ]);
  fc.assert(
    fc.property(
      someAttempts,
      fc.uniqueArray(someTask, { selector: ({ task }) => task.id, maxLength: 6 }),
      fc.uniqueArray(someShare, { selector: ({ share }) => share, maxLength: 2 }),
      fc.nat(90),
      (attempts, tasks, shares, minutes) => {
        const job = jobOf({ attempts });

        const { actions, next } = plan(job, observedOf({ tasks, shares }), NOON + minutes * MINUTE);

        for (const action of actions) {
          if (action.do !== 'runTask') continue;
          expect(attempts[action.share]?.number).toBe(action.attempt);
          expect(
            tasks.some((one) => one.share === action.share && one.attempt === action.attempt),
          ).toBe(false);
        }
        if (next.to !== 'write' || next.record.status !== 'InProgress') return;
        for (const [share, { number }] of next.record.attempts.entries()) {
          expect(number - (attempts[share]?.number ?? 0)).toBeLessThanOrEqual(1);
        }
      },
    ),
  );
});
