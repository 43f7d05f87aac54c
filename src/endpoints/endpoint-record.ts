import { arnOf } from '../aws/arn.ts';
import type { Config } from '../aws/config.ts';
import type { Table, Unwritten, Versioned } from '../aws/table.ts';
import type { ModelDefinition } from '../models/model-record.ts';
import { ValidationException } from '../protocol/errors.ts';
import { keyOf, type NamedRecord } from '../records/named-record.ts';
import type { Route } from './route.ts';

/** Reference section 2.6. */
export type EndpointStatus = 'Creating' | 'InService' | 'Deleting' | 'Failed';

/** What an endpoint is now. Times are epoch ms. The route lies inside: one write changes both. */
export interface EndpointRecord extends NamedRecord {
  kind: 'endpoint';
  status: EndpointStatus;
  statusAndName: string;
  lastModifiedTime: number;
  endpointConfigName: string;
  /** Names the deployment whose fleets serve. */
  generation: string;
  route?: Route | undefined;
  failureReason?: string | undefined;
}

/** The part of a variant that a fleet runs: a copy of the model, so that deleting it is harmless. */
export interface DeployedVariant {
  name: string;
  modelName: string;
  model: ModelDefinition;
  instanceType: string;
  instanceCount: number;
  weight: number;
  routing: 'RANDOM' | 'LEAST_OUTSTANDING_REQUESTS';
  provisionTimeoutSeconds: number;
  downloadTimeoutSeconds: number;
  startupTimeoutSeconds: number;
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

/** `record` in another status; what lists sort by follows. */
export function withStatus<T extends Unwritten<EndpointRecord>>(
  record: T,
  status: EndpointStatus,
  now: number,
): T {
  return { ...record, status, statusAndName: `${status}#${record.name}`, lastModifiedTime: now };
}

export interface Endpoint {
  record: EndpointRecord;
  deployment: DeploymentRecord | undefined;
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
  const deployment = deployments.find((item) => item.generation === record.generation);
  return { endpoint: { record, deployment }, deployments };
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
