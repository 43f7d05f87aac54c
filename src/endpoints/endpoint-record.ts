import { arnOf } from '../aws/arn.ts';
import type { Config } from '../aws/config.ts';
import type { Table, Versioned } from '../aws/table.ts';
import type { DeployedVariant } from '../fleet/deployed-variant.ts';
import { ValidationException } from '../protocol/errors.ts';
import { keyOf, type NamedRecord } from '../records/named-record.ts';
import type { DeploymentConfig } from './deployment-config.ts';
import type { Route } from './route.ts';

/** Reference section 2.6. */
export type EndpointStatus =
  | 'Creating'
  | 'InService'
  | 'Updating'
  | 'UpdateRollbackFailed'
  | 'Deleting'
  | 'Failed';

/** What UpdateEndpointWeightsAndCapacities sets, by variant; else the deployment's own values. */
export type Live = Record<string, { weight: number; count: number }>;

/**
 * An UpdateEndpoint under way: green is coming, blue still serves. `shifted` counts the steps whose
 * traffic has moved. `launching`: the next step's instances come up. `baking`: the last moved step is
 * watched. `rolling back`: blue becomes whole again, then takes all traffic. Times are epoch ms.
 */
export interface Update {
  generation: string;
  endpointConfigName: string;
  deploymentConfig?: DeploymentConfig | undefined;
  startedAt: number;
  shifted: number;
  phase: 'launching' | 'baking' | 'rolling back';
  /** When the phase began. */
  since: number;
  /** Why it is rolled back. */
  reason?: string | undefined;
}

/** An UpdateEndpointWeightsAndCapacities under way. */
export interface Scaling {
  /** What comes back should it fail. */
  previous: Live | undefined;
  since: number;
}

/** What of an endpoint was told on EventBridge last (`untold` in state-changes.ts). */
export interface Told {
  state: string;
  deployment?: string | undefined;
}

/** An update that has ended. Times are epoch ms. */
export interface Swap {
  startedAt: number;
  endedAt: number;
  endpointConfigName: string;
  outcome: 'in service' | 'rolled back';
}

/** What an endpoint is now. Times are epoch ms. The route lies inside: one write changes both. */
export interface EndpointRecord extends NamedRecord {
  kind: 'endpoint';
  status: EndpointStatus;
  statusAndName: string;
  lastModifiedTime: number;
  endpointConfigName: string;
  /** Names the deployment in service: blue, while an update runs. */
  generation: string;
  live?: Live | undefined;
  update?: Update | undefined;
  scaling?: Scaling | undefined;
  /** When a reconciler is to look again; the message for it is sent. */
  lookAt?: number | undefined;
  /** Remembered for RetainDeploymentConfig. */
  lastDeploymentConfig?: DeploymentConfig | undefined;
  /** Its latest updates that have ended, oldest first. */
  swaps?: Swap[] | undefined;
  route?: Route | undefined;
  failureReason?: string | undefined;
  told?: Told | undefined;
}

/** One generation of an endpoint's fleets. Immutable. */
export interface DeploymentRecord extends Versioned {
  kind: 'deployment';
  name: string;
  created: string;
  creationTime: number;
  generation: string;
  variants: DeployedVariant[];
}

export function deploymentKey(endpoint: string, generation: string) {
  return { pk: keyOf('endpoint', endpoint).pk, sk: `deployment/${generation}` };
}

/** What a status is kept as; what lists sort by goes along. */
export function statusOf(status: EndpointStatus, name: string, now: number) {
  return { status, statusAndName: `${status}#${name}`, lastModifiedTime: now };
}

/** `record` in another status. */
export function withStatus(
  record: EndpointRecord,
  status: EndpointStatus,
  now: number,
): EndpointRecord {
  return { ...record, ...statusOf(status, record.name, now) };
}

export interface Endpoint {
  record: EndpointRecord;
  deployment: DeploymentRecord | undefined;
  /** What the update under way brings up. */
  green?: DeploymentRecord | undefined;
}

/** The endpoint with its deployment, and what else lies under its name. */
export async function readEndpoint(
  table: Table,
  name: string,
): Promise<{ endpoint: Endpoint | undefined; deployments: DeploymentRecord[] }> {
  const { pk, sk } = keyOf('endpoint', name);
  const items = await table.collection(pk);
  const record = items.find((item) => item.sk === sk) as EndpointRecord | undefined;
  const deployments = items.filter((item) => item.sk !== sk) as DeploymentRecord[];
  if (record === undefined) return { endpoint: undefined, deployments };
  const find = (generation: string | undefined) =>
    deployments.find((item) => item.generation === generation);
  const deployment = find(record.generation);
  return { endpoint: { record, deployment, green: find(record.update?.generation) }, deployments };
}

export function notFound(config: Config, name: string): ValidationException {
  return new ValidationException(`Could not find endpoint "${arnOf(config, 'endpoint', name)}".`);
}

/** @throws ValidationException `Could not find endpoint "<arn>".` */
export async function findEndpoint(
  table: Table,
  config: Config,
  name: string,
): Promise<EndpointRecord> {
  const record = await table.get<EndpointRecord>(keyOf('endpoint', name));
  if (record === undefined) throw notFound(config, name);
  return record;
}
