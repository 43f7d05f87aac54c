import { type Endpoint, type EndpointRecord, type Update, withStatus } from './endpoint-record.ts';
import { areWhole, failuresOf } from './fleet-health.ts';
import { followTasks } from './follow-tasks.ts';
import { makeRoute } from './make-route.ts';
import type { AlarmStates, Next, Observed } from './plan-result.ts';
import { swapsWith } from './swaps.ts';
import { progressOf, type WantedFleet } from './wanted-fleets.ts';

/** How often alarms are looked at while green bakes. */
const ALARM_POLL_MS = 10_000;
/** Longer than any variant's own limits for capacity, model data and start-up may add up to. */
const ROLLBACK_MS = 4 * 3_600_000;

/**
 * The next step of an UpdateEndpoint (reference section 2.7). Pure. Every move of traffic is one write
 * of the record, which holds the route; until it is written nothing has moved.
 */
export function planUpdate(
  endpoint: Endpoint,
  update: Update,
  toServe: WantedFleet[],
  { fleets, alarms = {} }: Observed,
  now: number,
): { next: Next; lookAt?: number } {
  const { record } = endpoint;
  const green = toServe.filter(({ fleet }) => fleet.generation === update.generation);
  const blue = toServe.filter(({ fleet }) => fleet.generation === record.generation);
  const follow = () => followTasks(endpoint, fleets);
  if (update.phase === 'rolling back') {
    return { next: nextOfRollback(endpoint, update, blue, fleets, now) };
  }

  const { moved, isWhole } = progressOf(endpoint, update);
  const bakedAt = update.since + (moved?.bakeSeconds ?? 0) * 1000;
  const isBaked = update.phase === 'baking' && now >= bakedAt;
  const start = isBaked
    ? { since: bakedAt, isLaunching: true }
    : { since: update.startedAt, isLaunching: update.phase === 'launching' };
  const failures = failuresOf(green, fleets, start, now);
  if (failures.length > 0) {
    return { next: { to: 'fail', record: rollingBack(record, update, now), failures } };
  }
  const reason = overdue(update, now) ?? alarmed(update, alarms);
  if (reason !== undefined) {
    return { next: { to: 'write', record: rollingBack(record, update, now, reason) } };
  }

  if (update.phase === 'baking' && !isBaked) {
    const hasAlarms = alarmsOf(update).length > 0;
    return { next: follow(), lookAt: hasAlarms ? Math.min(bakedAt, now + ALARM_POLL_MS) : bakedAt };
  }
  // From here on traffic moves, or blue goes: green must be whole, and no alarm in doubt.
  const isInDoubt = alarmsOf(update).some((name) => alarms[name] === 'unknown');
  if (!areWhole(green, fleets) || isInDoubt) return { next: follow() };
  if (update.phase === 'launching') {
    const shifted = update.shifted + 1;
    const baking: Update = { ...update, phase: 'baking', shifted, since: now };
    const onGreen = { ...record, update: baking, lookAt: undefined, lastModifiedTime: now };
    const route = makeRoute({ ...endpoint, record: onGreen }, fleets);
    return { next: { to: 'write', record: { ...onGreen, route } } };
  }
  if (!isWhole) {
    const next: Update = { ...update, phase: 'launching', since: now };
    return { next: { to: 'write', record: { ...record, update: next, lookAt: undefined } } };
  }
  return { next: { to: 'write', record: done(record, update, endpoint, fleets, now) } };
}

/** Step by step back; where blue was never shrunk, at once. */
function nextOfRollback(
  endpoint: Endpoint,
  update: Update,
  blue: WantedFleet[],
  fleets: Observed['fleets'],
  now: number,
): Next {
  const { record } = endpoint;
  const isRolling = update.deploymentConfig?.RollingUpdatePolicy !== undefined;
  if (!isRolling || update.shifted === 0) return rolledBack(endpoint, update, fleets, now);
  if (areWhole(blue, fleets)) {
    const shifted = update.shifted - 1;
    const back = { ...record, update: { ...update, shifted } };
    const route = makeRoute({ ...endpoint, record: back }, fleets);
    return { to: 'write', record: { ...back, route } };
  }
  if (now - update.since > ROLLBACK_MS && record.status === 'Updating') {
    const failureReason = `The rollback failed as well: the instances of ${record.endpointConfigName} do not come back. The first reason was: ${update.reason}`;
    return {
      to: 'write',
      record: { ...withStatus(record, 'UpdateRollbackFailed', now), failureReason },
    };
  }
  return followTasks(endpoint, fleets);
}

export function alarmsOf({ deploymentConfig }: Update): string[] {
  const alarms = deploymentConfig?.AutoRollbackConfiguration?.Alarms ?? [];
  return alarms.map(({ AlarmName }) => AlarmName);
}

/** Traffic stays where it is until blue is whole; `reason` may still come from the logs. */
export function rollingBack(
  record: EndpointRecord,
  update: Update,
  now: number,
  reason?: string,
): EndpointRecord {
  const back: Update = { ...update, phase: 'rolling back', since: now, reason };
  return {
    ...record,
    update: back,
    lookAt: undefined,
    failureReason: reason,
    lastModifiedTime: now,
  };
}

function overdue({ deploymentConfig, startedAt }: Update, now: number): string | undefined {
  const { BlueGreenUpdatePolicy, RollingUpdatePolicy } = deploymentConfig ?? {};
  const limit = (BlueGreenUpdatePolicy ?? RollingUpdatePolicy)?.MaximumExecutionTimeoutInSeconds;
  if (limit === undefined || now - startedAt <= limit * 1000) return undefined;
  return `The update took longer than MaximumExecutionTimeoutInSeconds (${limit} s) and was rolled back.`;
}

function alarmed(update: Update, states: AlarmStates): string | undefined {
  const names = alarmsOf(update);
  const missing = names.filter((name) => states[name] === 'missing');
  if (missing.length > 0) {
    return `The update was rolled back: there is no alarm ${missing.join(', ')}. Create it, or take it out of AutoRollbackConfiguration.`;
  }
  const ringing = names.filter((name) => states[name] === 'ALARM');
  // Before any traffic is on green, an alarm cannot be green's doing.
  if (ringing.length === 0 || update.shifted === 0) return undefined;
  return `The update was rolled back: alarm ${ringing.join(', ')} went into ALARM.`;
}

function rolledBack(
  endpoint: Endpoint,
  update: Update,
  fleets: Observed['fleets'],
  now: number,
): Next {
  const { record } = endpoint;
  const settled = { ...withStatus(record, 'InService', now), update: undefined };
  const route = makeRoute({ ...endpoint, record: settled }, fleets);
  const lastDeploymentConfig = update.deploymentConfig ?? record.lastDeploymentConfig;
  const swaps = swapsWith(record, update, 'rolled back', now);
  return { to: 'write', record: { ...settled, lastDeploymentConfig, swaps, route } };
}

/** Green is in service. Blue is wanted no more, finishes what it began, and goes. */
function done(
  record: EndpointRecord,
  update: Update,
  endpoint: Endpoint,
  fleets: Observed['fleets'],
  now: number,
): EndpointRecord {
  const settled: EndpointRecord = {
    ...withStatus(record, 'InService', now),
    generation: update.generation,
    endpointConfigName: update.endpointConfigName,
    lastDeploymentConfig: update.deploymentConfig ?? record.lastDeploymentConfig,
    swaps: swapsWith(record, update, 'in service', now),
    live: undefined,
    update: undefined,
    failureReason: undefined,
  };
  const route = makeRoute({ record: settled, deployment: endpoint.green }, fleets);
  return { ...settled, route };
}
