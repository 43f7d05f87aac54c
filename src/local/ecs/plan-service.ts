import { isReady, type ServiceRecord, type TaskRecord } from './records.ts';

export interface ServicePlan {
  /** How many tasks of the primary deployment to start now. */
  readonly start: number;
  readonly stop: readonly TaskToStop[];
  /** When to look again although nothing has happened by then (ms since the epoch). */
  readonly wakeAt: number | undefined;
  /** Running is what is wanted, and nothing is on its way. */
  readonly steady: boolean;
}

export interface TaskToStop {
  readonly task: TaskRecord;
  readonly why: 'unhealthy' | 'scaling';
  readonly reason: string;
}

export const UNHEALTHY_REASON = 'Task failed container health checks';

/**
 * What a service's scheduler does next. `tasks` are the service's tasks that are not STOPPED yet.
 * During a rolling update there are never more than maximumPercent of the desired tasks, nor fewer ready
 * ones than minimumHealthyPercent because of the update.
 */
export function planService(
  service: ServiceRecord,
  tasks: readonly TaskRecord[],
  now: number,
): ServicePlan {
  const desired = service.status === 'ACTIVE' ? service.desiredCount : 0;
  const { maximumPercent, minimumHealthyPercent } = service.deploymentConfiguration;
  const primary = service.deployments.find(({ status }) => status === 'PRIMARY')?.id ?? '';
  const wanted = tasks.filter((task) => task.desiredStatus === 'RUNNING');
  const graceMs = service.healthCheckGracePeriodSeconds * 1000;
  const graceEnds = (task: TaskRecord): number => (task.startedAt ?? now) + graceMs;

  const sick = wanted.filter((task) => task.healthStatus === 'UNHEALTHY');
  const unhealthy = sick.filter((task) => graceEnds(task) <= now);
  const live = wanted.filter((task) => !unhealthy.includes(task));
  const current = live.filter((task) => task.startedBy === primary);
  const old = live.filter((task) => task.startedBy !== primary);

  const surplus = mostExpendable(current).slice(0, Math.max(0, current.length - desired));
  const mostTasks = Math.max(desired, Math.floor((desired * maximumPercent) / 100));
  const leastReady = Math.ceil((desired * minimumHealthyPercent) / 100);
  const currentReady = current.filter(isReady).length - surplus.filter(isReady).length;
  const replaced = spareable(old, leastReady - currentReady);

  const missing = Math.max(0, desired - current.length);
  const room = Math.max(0, mostTasks - (live.length - replaced.length));
  const due = Math.min(missing, room);
  const throttled = due > 0 && now < service.notBefore;

  const wakeTimes = sick.map(graceEnds).filter((time) => time > now);
  if (throttled) wakeTimes.push(service.notBefore);
  const scaling = `Scaling activity initiated by (deployment ${primary})`;
  const stop: TaskToStop[] = [
    ...unhealthy.map((task) => ({ task, why: 'unhealthy' as const, reason: UNHEALTHY_REASON })),
    ...[...surplus, ...replaced].map((task) => ({
      task,
      why: 'scaling' as const,
      reason: scaling,
    })),
  ];
  return {
    start: throttled ? 0 : due,
    stop,
    wakeAt: wakeTimes.length === 0 ? undefined : Math.min(...wakeTimes),
    steady:
      stop.length === 0 && tasks.length === desired && current.filter(isReady).length === desired,
  };
}

/** Those of the old tasks that can go while `needed` of the ready ones still have to serve. */
function spareable(old: readonly TaskRecord[], needed: number): TaskRecord[] {
  const unready = old.filter((task) => !isReady(task));
  const ready = old.filter(isReady);
  return [...unready, ...ready.slice(0, Math.max(0, ready.length - Math.max(0, needed)))];
}

/** Not ready ones first, then the youngest. */
function mostExpendable(tasks: readonly TaskRecord[]): TaskRecord[] {
  return tasks.toSorted(
    (a, b) => Number(isReady(a)) - Number(isReady(b)) || b.createdAt - a.createdAt,
  );
}

/** ECS slows down a service whose tasks keep dying: 0, 0.5, 1, 2, 4, … up to 60 s before the next start. */
export function restartDelayMs(failures: number): number {
  return failures <= 1 ? 0 : Math.min(60_000, 500 * 2 ** (failures - 2));
}
