import type { ObservedFleet, ObservedTask } from '../fleet/observed-fleet.ts';
import type { DeployedVariant, EndpointRecord } from './endpoint-record.ts';

/** Why the first fleet of a variant will not come up, as far as ECS shows it. */
export interface FleetFailure {
  variant: DeployedVariant;
  cause: 'stopped' | 'not-healthy' | 'not-started' | 'no-capacity';
  /** The newest task that shows it; undefined when there is none. */
  task: ObservedTask | undefined;
}

/** A stage that dies once may have met a passing fault; twice is its nature. */
const STOPS_THAT_FAIL = 2;
/** Pulling images, on top of the time that the model data may take. */
const PULL_MS = 10 * 60_000;

/** undefined while the fleet may still come up. Times are epoch ms. */
export function fleetFailure(
  variant: DeployedVariant,
  fleet: ObservedFleet | undefined,
  record: EndpointRecord,
  now: number,
): FleetFailure | undefined {
  const tasks = [...(fleet?.tasks ?? [])].sort((a, b) => b.createdAt - a.createdAt);
  const failedBy = (cause: FleetFailure['cause'], task: ObservedTask | undefined) => ({
    variant,
    cause,
    task,
  });

  const stopped = tasks.filter(failed);
  const cannotStart = stopped.find(({ stopCode }) => stopCode === 'TaskFailedToStart');
  if (cannotStart !== undefined) return failedBy('stopped', cannotStart);
  if (stopped.length >= STOPS_THAT_FAIL) return failedBy('stopped', stopped[0]);

  const waited = (task: ObservedTask, since: number, seconds: number) =>
    task.health !== 'HEALTHY' && now - since > seconds * 1000;
  const sick = tasks.find(
    (task) =>
      task.phase === 'running' &&
      waited(task, task.startedAt ?? task.createdAt, variant.startupTimeoutSeconds),
  );
  if (sick !== undefined) return failedBy('not-healthy', sick);

  const slow = tasks.find(
    (task) =>
      task.phase === 'starting' &&
      waited(task, task.createdAt, variant.downloadTimeoutSeconds + PULL_MS / 1000),
  );
  if (slow !== undefined) return failedBy('not-started', slow);

  const placed = tasks.filter(({ phase }) => phase !== 'placing' && phase !== 'stopped');
  const isShort = placed.length < variant.instanceCount;
  if (isShort && now - record.creationTime > variant.provisionTimeoutSeconds * 1000) {
    return failedBy('no-capacity', tasks[0]);
  }
  return undefined;
}

/** Stopped through what is in it, not because somebody, or the scheduler, wanted it to. */
function failed(task: ObservedTask): boolean {
  if (task.phase !== 'stopped') return false;
  if (task.stopCode === 'ServiceSchedulerInitiated') {
    return /health check/i.test(task.stoppedReason ?? '');
  }
  return task.stopCode === 'EssentialContainerExited' || task.stopCode === 'TaskFailedToStart';
}
