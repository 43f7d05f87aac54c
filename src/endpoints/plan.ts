import { fleetId } from '../fleet/fleet-name.ts';
import type { ObservedFleet } from '../fleet/observed-fleet.ts';
import {
  type DeploymentRecord,
  type Endpoint,
  type EndpointRecord,
  withStatus,
} from './endpoint-record.ts';
import { findFleet } from './find-fleet.ts';
import { areShrunk, areWhole, failuresOf } from './fleet-health.ts';
import { followTasks } from './follow-tasks.ts';
import { makeRoute } from './make-route.ts';
import {
  type Action,
  KEEP,
  type Next,
  type Observed,
  type Plan,
  type Wanted,
} from './plan-result.ts';
import { planUpdate } from './plan-update.ts';
import { isServed, type WantedFleet, wantedFleets } from './wanted-fleets.ts';

/** A deployment that no endpoint names yet may belong to an operation that is under way. */
const UNNAMED_DEPLOYMENT_LIVES_MS = 15 * 60_000;
const LOOK_AGAIN_MS = 2_000;
/** SQS delays a message no longer. */
const LONGEST_WAIT_MS = 900_000;

/**
 * The next step towards what is wanted, from what is there. Pure: the same input, the same plan, so a
 * message that is lost, doubled or late changes nothing. `observed` must be older than `wanted`: a
 * generation that is no longer wanted never is again, so then, and only then, whatever a record does
 * not want may be removed.
 */
export function plan(wanted: Wanted, observed: Observed, now: number): Plan {
  const { endpoint, deployments } = wanted;
  const { fleets, hasLogGroup } = observed;
  // Record and deployments lie in one collection, yet a long one is read in pages. Half of it is no
  // ground to act on.
  if (endpoint !== undefined && lacksDeployment(endpoint))
    return { before: [], next: KEEP, after: [] };
  const toServe = endpoint === undefined ? [] : wantedFleets(endpoint);
  const ids = new Set(toServe.map(({ fleet }) => fleetId(fleet)));
  const leftover = fleets.filter(({ name }) => !ids.has(fleetId(name)));
  const after = [...leftover.flatMap(dismantle), ...forgetDeployments(endpoint, deployments, now)];
  const isGone = leftover.length === 0;
  const forgetLogs: Action[] = isGone && hasLogGroup ? [{ do: 'deleteLogGroup' }] : [];
  if (endpoint === undefined) {
    return { before: [], next: KEEP, after: [...after, ...forgetLogs] };
  }

  const { record } = endpoint;
  const before = bringUp(toServe, fleets);
  // The tasks cannot start without a place for their logs. One that is there may have been made by who
  // died before its retention was set, or by ECS.
  const isComing = before.some((action) => action.do === 'registerTaskDefinition');
  if (isComing || (!hasLogGroup && before.length > 0)) before.unshift({ do: 'ensureLogGroup' });
  switch (record.status) {
    case 'Creating': {
      const next = nextOfCreate(endpoint, toServe, fleets, now);
      if (next.to === 'fail') return { before: [], next, after };
      return patient(record, { before, next, after }, now);
    }
    case 'InService':
      return { before, next: followTasks(endpoint, fleets), after };
    case 'Updating':
    case 'UpdateRollbackFailed': {
      if (record.update === undefined) {
        const next = nextOfScaling(endpoint, toServe, fleets, now);
        return patient(record, { before, next, after }, now);
      }
      const { next, lookAt } = planUpdate(endpoint, record.update, toServe, observed, now);
      return patient(record, { before, next, after, lookAt }, now);
    }
    case 'Failed':
      return { before: [], next: KEEP, after };
    case 'Deleting': {
      if (!isGone) return { before: [], next: KEEP, after };
      const forget: Action[] =
        deployments.length > 0 ? [{ do: 'deleteDeployments', deployments }] : [];
      return { before: [...forgetLogs, ...forget], next: { to: 'remove' }, after: [] };
    }
  }
}

/**
 * While something changes, somebody looks again soon: ECS sends no event when a task becomes healthy.
 * One chain of looks, however many messages come by: the record says when the next one is due.
 */
function patient(record: EndpointRecord, decided: Plan, now: number): Plan {
  const { next } = decided;
  const lookAt = Math.min(decided.lookAt ?? now + LOOK_AGAIN_MS, now + LONGEST_WAIT_MS);
  const isSettled = next.to !== 'keep' && !(next.to === 'write' && isChanging(next.record));
  if (isSettled || (record.lookAt ?? 0) > now) return { ...decided, lookAt: undefined };
  const looked = next.to === 'write' ? next.record : record;
  return { ...decided, next: { to: 'write', record: { ...looked, lookAt } }, lookAt };
}

function isChanging({ status }: EndpointRecord): boolean {
  return status === 'Creating' || status === 'Updating' || status === 'UpdateRollbackFailed';
}

/** True when nothing is left to do but wait for the world. */
export function isAtRest({ before, next, after }: Plan): boolean {
  return next.to === 'keep' && before.length === 0 && after.length === 0;
}

function lacksDeployment({ record, deployment, green }: Endpoint): boolean {
  const lacksGreen = record.update !== undefined && green === undefined;
  return isServed(record) && (deployment === undefined || lacksGreen);
}

function nextOfCreate(
  endpoint: Endpoint,
  toServe: WantedFleet[],
  fleets: ObservedFleet[],
  now: number,
): Next {
  const { record } = endpoint;
  const start = { since: record.creationTime, isLaunching: true };
  const failures = failuresOf(toServe, fleets, start, now);
  if (failures.length > 0) {
    return { to: 'fail', record: withStatus(record, 'Failed', now), failures };
  }
  if (!areWhole(toServe, fleets)) return KEEP;
  const route = makeRoute(endpoint, fleets);
  return { to: 'write', record: { ...withStatus(record, 'InService', now), route } };
}

/** Weights at once; counts when the services have them. What fails gives the old counts back. */
function nextOfScaling(
  endpoint: Endpoint,
  toServe: WantedFleet[],
  fleets: ObservedFleet[],
  now: number,
): Next {
  const { record } = endpoint;
  const { scaling } = record;
  const since = scaling?.since ?? record.lastModifiedTime;
  const failures = failuresOf(toServe, fleets, { since, isLaunching: true }, now);
  const settled = { ...withStatus(record, 'InService', now), scaling: undefined };
  if (failures.length > 0) {
    return { to: 'fail', record: { ...settled, live: scaling?.previous }, failures };
  }
  const route = makeRoute(endpoint, fleets);
  if (areWhole(toServe, fleets) && areShrunk(toServe, fleets)) {
    return { to: 'write', record: { ...settled, route } };
  }
  return followTasks(endpoint, fleets);
}

/** The service first, which stops its tasks; what they were made of when they are gone. */
function dismantle(fleet: ObservedFleet): Action[] {
  if (fleet.service?.status === 'ACTIVE') return [{ do: 'deleteService', fleet: fleet.name }];
  const isStopping = fleet.tasks.some(({ phase }) => phase !== 'stopped');
  if (fleet.service?.status === 'DRAINING' || isStopping) return [];
  const { activeDefinitions, inactiveDefinitions } = fleet;
  const actions: Action[] = [];
  if (activeDefinitions.length > 0) {
    actions.push({ do: 'deregisterTaskDefinitions', arns: activeDefinitions });
  }
  if (inactiveDefinitions.length > 0) {
    actions.push({ do: 'deleteTaskDefinitions', arns: inactiveDefinitions });
  }
  return actions;
}

function forgetDeployments(
  endpoint: Endpoint | undefined,
  deployments: DeploymentRecord[],
  now: number,
): Action[] {
  const { generation, update } = endpoint?.record ?? {};
  const forgotten = deployments.filter(
    (one) =>
      one.generation !== generation &&
      one.generation !== update?.generation &&
      now - one.creationTime > UNNAMED_DEPLOYMENT_LIVES_MS,
  );
  return forgotten.length === 0 ? [] : [{ do: 'deleteDeployments', deployments: forgotten }];
}

function bringUp(toServe: WantedFleet[], fleets: ObservedFleet[]): Action[] {
  return toServe.flatMap(({ fleet, variant, count }): Action[] => {
    const { service, activeDefinitions = [] } = findFleet(fleets, fleet) ?? {};
    if (service === undefined) {
      const [taskDefinition] = activeDefinitions;
      if (taskDefinition === undefined) return [{ do: 'registerTaskDefinition', fleet, variant }];
      return [{ do: 'createService', fleet, variant, count, taskDefinition }];
    }
    const { status, desiredCount } = service;
    if (status === 'ACTIVE' && desiredCount !== count)
      return [{ do: 'scaleService', fleet, count, isShrinking: count < desiredCount }];
    return [];
  });
}
