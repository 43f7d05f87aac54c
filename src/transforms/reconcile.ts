import { diagnoseTask } from '../fleet/diagnose-task.ts';
import { isRefusal } from '../fleet/is-refusal.ts';
import { roleHint } from '../fleet/role-hint.ts';
import { keyOf } from '../records/named-record.ts';
import { faultReason, type JobFault } from './job-failure.ts';
import { jobLogGroup } from './job-fleet.ts';
import { observeJob } from './observe-job.ts';
import { type JobWorld, perform } from './perform.ts';
import { isAtRest, type Plan, plan } from './plan.ts';
import { statusChange } from './state-change.ts';
import { type TransformJobRecord, withStatus } from './transform-job-record.ts';

/** More than any job needs without waiting for ECS; what is left, the next message does. */
const MOST_STEPS = 12;
const TELL_AGAIN_SECONDS = 60;

/**
 * Takes a transform job as far as it goes without waiting. Safe to run twice, to run at the same
 * time, and to die anywhere.
 * @throws whatever AWS threw; the message that woke us comes again
 */
export async function reconcileJob(name: string, world: JobWorld): Promise<void> {
  const { table, clients, config, clock } = world;
  for (let step = 0; step < MOST_STEPS; step++) {
    const job = await table.get<TransformJobRecord>(keyOf('transform-job', name));
    if (job === undefined) return;
    const isTold = job.told === job.status;
    if (!isTold && (await tellStatus(job, world))) continue;
    const observed = await observeJob(clients.ecs, config, table, job);
    const decided = plan(job, observed, clock.now());
    if (isAtRest(decided)) {
      // No sweep looks at a job that has ended.
      if (!isTold && job.endTime !== undefined) {
        await world.wakeTransformJob(name, TELL_AGAIN_SECONDS);
      }
      return;
    }
    await takeStep(job, decided, world);
    const isWaitingForRoom = decided.actions.some((action) => action.do === 'runTask');
    if (isWaitingForRoom && decided.next.to === 'keep') return;
  }
}

/** False when the bus does not take it. What is told may be told again, as with endpoints. */
async function tellStatus(
  job: TransformJobRecord,
  { tell, table, config }: JobWorld,
): Promise<boolean> {
  if (!(await tell([statusChange(job, config)]))) return false;
  await table.replace<TransformJobRecord>(job, { ...job, told: job.status });
  return true;
}

async function takeStep(job: TransformJobRecord, { actions, next }: Plan, world: JobWorld) {
  const { table, clock } = world;
  for (const action of actions) {
    try {
      await perform(action, job, world);
    } catch (error) {
      if (job.status !== 'InProgress' || !isRefusal(error)) throw error;
      const reason = `InternalServerError: ECS refused to ${action.do}: ${error.message}${roleHint(error.message)}`;
      await table.replace<TransformJobRecord>(job, failed(job, reason, clock.now()));
      return;
    }
  }
  // When another writer was first, our view was old: the next step looks again.
  if (next.to === 'write') await table.replace<TransformJobRecord>(job, next.record);
  if (next.to === 'fail') {
    const reason = await explain(job, next.fault, world);
    await table.replace<TransformJobRecord>(job, failed(job, reason, clock.now()));
  }
}

async function explain(job: TransformJobRecord, fault: JobFault, { clients, config }: JobWorld) {
  const place = { group: jobLogGroup(config.stack), streamPrefix: job.name };
  const diagnosis =
    fault.task === undefined
      ? { stages: [], output: [] }
      : await diagnoseTask(clients.logs, place, fault.task);
  return faultReason(job, fault, diagnosis, place.group);
}

function failed(job: TransformJobRecord, failureReason: string, now: number): TransformJobRecord {
  return { ...withStatus(job, 'Failed', now), endTime: now, failureReason };
}
