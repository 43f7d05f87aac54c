import type { ShareItem } from '../batch/work-items.ts';
import type { ObservedTask } from '../fleet/observed-fleet.ts';
import { type JobFault, objectsFailed, PLACE_MINUTES } from './job-failure.ts';
import { DOWNLOAD_SECONDS } from './job-task.ts';
import { type Attempt, type TransformJobRecord, withStatus } from './transform-job-record.ts';

/** One idempotent call to the outside. */
export type Action =
  | { do: 'ensureLogGroup' }
  | { do: 'registerTaskDefinition' }
  | { do: 'runTask'; share: number; attempt: number; taskDefinition: string }
  | { do: 'stopTask'; task: string }
  /** No worker goes on, and nothing of unfinished outputs is left in S3. */
  | { do: 'abandonWork' }
  | { do: 'deregisterTaskDefinitions'; arns: string[] }
  | { do: 'deleteTaskDefinitions'; arns: string[] };

/** What becomes of the record, by one conditional write, after the actions are done. */
export type Next =
  | { to: 'keep' }
  | { to: 'write'; record: TransformJobRecord }
  | { to: 'fail'; fault: JobFault };

export interface Plan {
  next: Next;
  actions: Action[];
}

/** A task of the job: an attempt at one of its shares. */
export interface ShareTask {
  share: number;
  attempt: number;
  task: ObservedTask;
}

/** Observed in this order: tasks, then shares. What a stopped task wrote is then in its share. */
export interface ObservedJob {
  activeDefinitions: string[];
  inactiveDefinitions: string[];
  tasks: ShareTask[];
  shares: ShareItem[];
}

/** A worker that dies once may have met a passing fault; twice without a step is its nature. */
const FRUITLESS_ATTEMPTS = 2;
const PLACE_MS = PLACE_MINUTES * 60_000;
/** Pulling images, on top of the time that the model data may take. */
const START_MS = 10 * 60_000 + DOWNLOAD_SECONDS * 1000;

const KEEP: Next = { to: 'keep' };

/** The next step of a job. Pure: the same input, the same plan. Times are epoch ms. */
export function plan(job: TransformJobRecord, observed: ObservedJob, now: number): Plan {
  switch (job.status) {
    case 'InProgress':
      return goOn(job, observed, now);
    case 'Stopping': {
      const running = observed.tasks.filter(isRunning);
      if (running.length > 0) return { next: KEEP, actions: stopAll(observed) };
      const stopped = { ...withStatus(job, 'Stopped', now), endTime: now };
      return { next: { to: 'write', record: stopped }, actions: [{ do: 'abandonWork' }] };
    }
    case 'Completed':
    case 'Failed':
    case 'Stopped':
      return { next: KEEP, actions: cleanUp(job, observed) };
  }
}

/** True when nothing is left to do but wait for the world. */
export function isAtRest({ next, actions }: Plan): boolean {
  return next.to === 'keep' && actions.length === 0;
}

function goOn(job: TransformJobRecord, observed: ObservedJob, now: number): Plan {
  const { shares } = observed;
  const count = job.request.TransformResources.InstanceCount;
  const numbers = Array.from({ length: count }, (_, share) => share);
  const isFinished = (share: number) => shares.some((one) => one.share === share && one.isFinished);
  if (numbers.every(isFinished)) return { next: finish(job, shares, now), actions: [] };

  const steps = numbers
    .filter((share) => !isFinished(share) || job.attempts[share] === undefined)
    .map((share) => ({ share, step: stepOf(job, share, observed, now) }));
  const fault = steps.flatMap(({ step }) => (step.is === 'fault' ? [step.fault] : []))[0];
  if (fault !== undefined) return { next: { to: 'fail', fault }, actions: [] };

  const [taskDefinition] = observed.activeDefinitions;
  if (taskDefinition === undefined) {
    return { next: KEEP, actions: [{ do: 'ensureLogGroup' }, { do: 'registerTaskDefinition' }] };
  }
  const actions = steps.flatMap(({ share, step }): Action[] =>
    step.is === 'run' ? [{ do: 'runTask', share, attempt: step.attempt, taskDefinition }] : [],
  );
  return { next: nextRecord(job, steps, shares), actions };
}

type Step =
  | { is: 'wait' }
  | { is: 'run'; attempt: number }
  | { is: 'begin'; attempt: Attempt }
  | { is: 'fault'; fault: JobFault };

/** An attempt is written down before its task is run: no task is ever unaccounted for. */
function nextRecord(
  job: TransformJobRecord,
  steps: { share: number; step: Step }[],
  shares: ShareItem[],
): Next {
  const attempts = [...job.attempts];
  for (const { share, step } of steps) {
    if (step.is === 'begin') attempts[share] = step.attempt;
  }
  const began = shares.map(({ startedAt }) => startedAt);
  const startTime = job.startTime ?? (began.length > 0 ? Math.min(...began) : undefined);
  const isSame = startTime === job.startTime && steps.every(({ step }) => step.is !== 'begin');
  return isSame ? KEEP : { to: 'write', record: { ...job, attempts, startTime } };
}

function stepOf(job: TransformJobRecord, share: number, observed: ObservedJob, now: number): Step {
  const attempt = job.attempts[share];
  if (attempt === undefined) {
    return { is: 'begin', attempt: { number: 1, at: now, steps: 0, fruitless: 0 } };
  }
  const work = observed.shares.find((one) => one.share === share);
  const found = observed.tasks.find(
    (task) => task.share === share && task.attempt === attempt.number,
  );
  const isLost = found === undefined && now - attempt.at > PLACE_MS;
  if (found === undefined && !isLost) return { is: 'run', attempt: attempt.number };
  const hasRun = work !== undefined && work.updatedAt >= attempt.at;
  if (found === undefined && !hasRun) return fault('no-capacity', undefined);
  if (found !== undefined && found.task.phase !== 'stopped') return waitFor(found.task, now);
  return again(attempt, work?.steps ?? 0, found?.task, now);
}

function fault(cause: JobFault['cause'], task: ObservedTask | undefined): Step {
  return { is: 'fault', fault: { cause, task } };
}

function waitFor(task: ObservedTask, now: number): Step {
  const waited = now - task.createdAt;
  if (task.phase === 'placing' && waited > PLACE_MS) return fault('no-capacity', task);
  if (task.phase === 'starting' && waited > PLACE_MS + START_MS) return fault('not-started', task);
  return { is: 'wait' };
}

/** The task is gone and its share is not done: another one goes on where it was. */
function again(last: Attempt, steps: number, task: ObservedTask | undefined, now: number): Step {
  if (task?.stopCode === 'TaskFailedToStart') return fault('stopped', task);
  const isOwnFault = task?.stopCode === 'EssentialContainerExited';
  const isStuck = steps <= last.steps;
  const fruitless = isStuck ? last.fruitless + (isOwnFault ? 1 : 0) : 0;
  if (fruitless >= FRUITLESS_ATTEMPTS) return fault('stopped', task);
  return { is: 'begin', attempt: { number: last.number + 1, at: now, steps, fruitless } };
}

function finish(job: TransformJobRecord, shares: ShareItem[], now: number): Next {
  const failureReason = objectsFailed(shares);
  const status = failureReason === undefined ? 'Completed' : 'Failed';
  const startTime = job.startTime ?? Math.min(...shares.map(({ startedAt }) => startedAt));
  const record = { ...withStatus(job, status, now), startTime, endTime: now, failureReason };
  return { to: 'write', record };
}

function isRunning({ task }: ShareTask): boolean {
  return task.phase !== 'stopped';
}

function stopAll({ tasks }: ObservedJob): Action[] {
  return tasks.flatMap(({ task }): Action[] =>
    task.phase === 'stopped' || task.phase === 'stopping'
      ? []
      : [{ do: 'stopTask', task: task.id }],
  );
}

/** Of a job that has ended, nothing is left in ECS. */
function cleanUp(job: TransformJobRecord, observed: ObservedJob): Action[] {
  if (observed.tasks.some(isRunning)) return stopAll(observed);
  const { activeDefinitions, inactiveDefinitions, shares } = observed;
  const actions: Action[] = [];
  const isUnfinished = shares.some((share) => !share.isFinished);
  if (job.status === 'Failed' && isUnfinished) actions.push({ do: 'abandonWork' });
  if (activeDefinitions.length > 0) {
    actions.push({ do: 'deregisterTaskDefinitions', arns: activeDefinitions });
  }
  if (inactiveDefinitions.length > 0) {
    actions.push({ do: 'deleteTaskDefinitions', arns: inactiveDefinitions });
  }
  return actions;
}
