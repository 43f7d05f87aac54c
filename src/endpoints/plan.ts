import { type FleetName, familyOf } from '../fleet/fleet-name.ts';
import { isServing, type ObservedFleet } from '../fleet/observed-fleet.ts';
import {
  type DeployedVariant,
  type DeploymentRecord,
  type Endpoint,
  type EndpointRecord,
  withStatus,
} from './endpoint-record.ts';
import { type FleetFailure, fleetFailure } from './fleet-failure.ts';
import type { Route } from './route.ts';

/** One idempotent call to the outside. */
export type Action =
  | { do: 'ensureLogGroup' }
  | { do: 'registerTaskDefinition'; fleet: FleetName; variant: DeployedVariant }
  | { do: 'createService'; fleet: FleetName; variant: DeployedVariant; taskDefinition: string }
  | { do: 'deleteService'; fleet: FleetName }
  | { do: 'deregisterTaskDefinitions'; arns: string[] }
  | { do: 'deleteTaskDefinitions'; arns: string[] }
  | { do: 'deleteLogGroup' }
  | { do: 'deleteDeployments'; deployments: DeploymentRecord[] };

/** What becomes of the record, by one conditional write, after the actions are done. */
export type Next =
  | { to: 'keep' }
  | { to: 'write'; record: EndpointRecord }
  | { to: 'fail'; failures: FleetFailure[] }
  | { to: 'remove' };

export interface Plan {
  next: Next;
  actions: Action[];
}

export interface Wanted {
  /** undefined: no endpoint of this name is wanted. */
  endpoint: Endpoint | undefined;
  /** Every deployment under the name. */
  deployments: DeploymentRecord[];
}

/** A deployment that no endpoint names yet may belong to a CreateEndpoint that is under way. */
const UNNAMED_DEPLOYMENT_LIVES_MS = 15 * 60_000;

const KEEP: Next = { to: 'keep' };

/**
 * The next step towards what is wanted, from what is there. Pure: the same input, the same plan, so a
 * message that is lost, doubled or late changes nothing. `fleets` must have been observed *before*
 * `wanted` was read: a generation that is no longer wanted never is again, so then, and only then,
 * whatever a record does not want may be removed.
 */
export function plan(wanted: Wanted, fleets: ObservedFleet[], now: number): Plan {
  const { endpoint, deployments } = wanted;
  // Both lie in one collection, yet a long one is read in pages. Half of it is no ground to act on.
  if (endpoint !== undefined && lacksDeployment(endpoint)) return { next: KEEP, actions: [] };
  const wantedFleets = endpoint === undefined ? [] : fleetsWanted(endpoint);
  const wantedFamilies = new Set(wantedFleets.map(({ fleet }) => familyOf(fleet)));
  const leftover = fleets.filter(({ name }) => !wantedFamilies.has(familyOf(name)));
  const actions = [
    ...leftover.flatMap(dismantle),
    ...forgetDeployments(endpoint, deployments, now),
  ];
  if (endpoint === undefined) return { next: KEEP, actions };

  const { record } = endpoint;
  switch (record.status) {
    case 'Creating': {
      const failures = wantedFleets.flatMap(
        ({ fleet, variant }) => fleetFailure(variant, find(fleets, fleet), record, now) ?? [],
      );
      if (failures.length > 0) return { next: { to: 'fail', failures }, actions };
      actions.push(...bringUp(wantedFleets, fleets, true));
      const route = routeTo(endpoint, fleets);
      if (!isWhole(route, wantedFleets)) return { next: KEEP, actions };
      const inService = { ...withStatus(record, 'InService', now), route };
      return { next: { to: 'write', record: inService }, actions };
    }
    case 'InService': {
      actions.push(...bringUp(wantedFleets, fleets, false));
      const route = routeTo(endpoint, fleets);
      if (isSameRoute(record.route, route)) return { next: KEEP, actions };
      return { next: { to: 'write', record: { ...record, route } }, actions };
    }
    case 'Failed':
      return { next: KEEP, actions };
    case 'Deleting':
      if (leftover.length > 0) return { next: KEEP, actions };
      actions.push({ do: 'deleteLogGroup' });
      if (deployments.length > 0) actions.push({ do: 'deleteDeployments', deployments });
      return { next: { to: 'remove' }, actions };
  }
}

/** True when nothing is left to do but wait for the world. */
export function isAtRest({ next, actions }: Plan): boolean {
  return next.to === 'keep' && actions.length === 0;
}

function lacksDeployment({ record, deployment }: Endpoint): boolean {
  return deployment === undefined && isServed(record);
}

function isServed({ status }: EndpointRecord): boolean {
  return status === 'Creating' || status === 'InService';
}

interface WantedFleet {
  fleet: FleetName;
  variant: DeployedVariant;
}

function fleetsWanted({ record, deployment }: Endpoint): WantedFleet[] {
  if (!isServed(record)) return [];
  const { name: endpoint, generation } = record;
  return (deployment?.variants ?? []).map((variant) => ({
    fleet: { endpoint, variant: variant.name, generation },
    variant,
  }));
}

function find(fleets: ObservedFleet[], wanted: FleetName): ObservedFleet | undefined {
  const family = familyOf(wanted);
  return fleets.find(({ name }) => familyOf(name) === family);
}

/** The service first, which stops its tasks; what they were made of when they are gone. */
function dismantle(fleet: ObservedFleet): Action[] {
  if (fleet.service === 'ACTIVE') return [{ do: 'deleteService', fleet: fleet.name }];
  const isStopping = fleet.tasks.some(({ phase }) => phase !== 'stopped');
  if (fleet.service === 'DRAINING' || isStopping) return [];
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
  const forgotten = deployments.filter(
    ({ generation, creationTime }) =>
      generation !== endpoint?.record.generation &&
      now - creationTime > UNNAMED_DEPLOYMENT_LIVES_MS,
  );
  return forgotten.length === 0 ? [] : [{ do: 'deleteDeployments', deployments: forgotten }];
}

function bringUp(wanted: WantedFleet[], fleets: ObservedFleet[], isFirst: boolean): Action[] {
  const actions = wanted.flatMap(({ fleet, variant }): Action[] => {
    const observed = find(fleets, fleet);
    const taskDefinition = observed?.activeDefinitions[0];
    if (taskDefinition === undefined) return [{ do: 'registerTaskDefinition', fleet, variant }];
    if (observed?.service === undefined) {
      return [{ do: 'createService', fleet, variant, taskDefinition }];
    }
    return [];
  });
  // The tasks cannot start without a place for their logs.
  const isNew = isFirst && actions.length > 0;
  return isNew ? [{ do: 'ensureLogGroup' }, ...actions] : actions;
}

/** The healthy tasks of the endpoint's own generation, and no others. */
function routeTo({ record, deployment }: Endpoint, fleets: ObservedFleet[]): Route {
  const { name: endpoint, generation } = record;
  const variants = (deployment?.variants ?? []).map((variant) => ({
    name: variant.name,
    weight: variant.weight,
    routing: variant.routing,
    mode: variant.model.mode,
    targets: (find(fleets, { endpoint, variant: variant.name, generation })?.tasks ?? [])
      .filter(isServing)
      .map(({ id, address }) => ({ task: id, address: address ?? '' }))
      .sort((a, b) => (a.task < b.task ? -1 : 1)),
  }));
  return { generation, variants };
}

function isWhole({ variants }: Route, wanted: WantedFleet[]): boolean {
  return wanted.every(({ variant }) => {
    const serving = variants.find(({ name }) => name === variant.name)?.targets.length ?? 0;
    return serving >= variant.instanceCount;
  });
}

function isSameRoute(a: Route | undefined, b: Route): boolean {
  const key = (route: Route | undefined) =>
    JSON.stringify(
      route?.variants.map(({ name, targets }) => [
        name,
        targets.map(({ task, address }) => [task, address]),
      ]),
    );
  return a?.generation === b.generation && key(a) === key(b);
}
