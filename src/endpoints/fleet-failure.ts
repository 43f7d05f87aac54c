import type { DeployedVariant } from '../fleet/deployed-variant.ts';
import { isServing, type ObservedFleet, type ObservedTask } from '../fleet/observed-fleet.ts';
import type { WantedFleet } from './wanted-fleets.ts';

/** Why a fleet will not come up, or will not stay up, as far as ECS shows it. */
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

/**
 * undefined while the fleet may still come up. What was before `since` does not count. A fleet that is
 * being launched must have its instances in time; one that was whole may miss one for a while.
 */
export function fleetFailure(
  { variant, count }: WantedFleet,
  fleet: ObservedFleet | undefined,
  { since, isLaunching }: { since: number; isLaunching: boolean },
  now: number,
): FleetFailure | undefined {
  const tasks = (fleet?.tasks ?? []).toSorted((a, b) => b.createdAt - a.createdAt);
  const failedBy = (cause: FleetFailure['cause'], task: ObservedTask | undefined) => ({
    variant,
    cause,
    task,
  });

  const stopped = tasks.filter((task) => task.createdAt >= since && failed(task));
  const cannotStart = stopped.find(isHopeless);
  if (cannotStart !== undefined) return failedBy('stopped', cannotStart);
  if (stopped.length >= STOPS_THAT_FAIL) return failedBy('stopped', stopped[0]);

  const waited = (from: number, seconds: number) => now - Math.max(from, since) > seconds * 1000;
  const sick = tasks.find(
    (task) =>
      task.phase === 'running' &&
      !isServing(task) &&
      // One that was healthy is ECS's to replace; should it stop for that twice, it counts above.
      (isLaunching || task.health !== 'UNHEALTHY') &&
      waited(task.startedAt ?? task.createdAt, variant.startupTimeoutSeconds),
  );
  if (sick !== undefined) return failedBy('not-healthy', sick);

  const slow = tasks.find(
    (task) =>
      task.phase === 'starting' &&
      waited(task.createdAt, variant.downloadTimeoutSeconds + PULL_MS / 1000),
  );
  if (slow !== undefined) return failedBy('not-started', slow);

  const waiting = tasks.find(
    (task) => task.phase === 'placing' && waited(task.createdAt, variant.provisionTimeoutSeconds),
  );
  const alive = tasks.filter(({ phase }) => phase !== 'stopped');
  const isOver = now - since > variant.provisionTimeoutSeconds * 1000;
  const isShort = isLaunching && alive.length < count && isOver;
  if (waiting !== undefined || isShort) return failedBy('no-capacity', waiting);
  return undefined;
}

/** What it lacks will not be there the next time either: its image, its model data, its command. */
function isHopeless({ stopCode, containers }: ObservedTask): boolean {
  return (
    stopCode === 'TaskFailedToStart' &&
    containers.some(
      ({ exitCode, reason }) => (exitCode ?? 0) !== 0 || /^Cannot\w+Container/.test(reason ?? ''),
    )
  );
}

/** Stopped through what is in it, not because somebody, or the scheduler, wanted it to. */
function failed(task: ObservedTask): boolean {
  if (task.phase !== 'stopped') return false;
  if (task.stopCode === 'ServiceSchedulerInitiated') {
    return /health check/i.test(task.stoppedReason ?? '');
  }
  return task.stopCode === 'EssentialContainerExited' || task.stopCode === 'TaskFailedToStart';
}
