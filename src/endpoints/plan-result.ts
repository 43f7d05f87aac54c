import type { DeployedVariant } from '../fleet/deployed-variant.ts';
import type { FleetName } from '../fleet/fleet-name.ts';
import type { ObservedFleet } from '../fleet/observed-fleet.ts';
import type { DeploymentRecord, Endpoint, EndpointRecord } from './endpoint-record.ts';
import type { FleetFailure } from './fleet-failure.ts';

/** One idempotent call to the outside. */
export type Action =
  | { do: 'ensureLogGroup' }
  | { do: 'registerTaskDefinition'; fleet: FleetName; variant: DeployedVariant }
  | {
      do: 'createService';
      fleet: FleetName;
      variant: DeployedVariant;
      count: number;
      taskDefinition: string;
    }
  | { do: 'scaleService'; fleet: FleetName; count: number; isShrinking: boolean }
  | { do: 'deleteService'; fleet: FleetName }
  | { do: 'deregisterTaskDefinitions'; arns: string[] }
  | { do: 'deleteTaskDefinitions'; arns: string[] }
  | { do: 'deleteLogGroup' }
  | { do: 'deleteDeployments'; deployments: DeploymentRecord[] };

/** What becomes of the record, by one conditional write. */
export type Next =
  | { to: 'keep' }
  | { to: 'write'; record: EndpointRecord }
  /** The same, with a FailureReason that the logs of the failing tasks explain. */
  | { to: 'fail'; record: EndpointRecord; failures: FleetFailure[] }
  | { to: 'remove' };

export const KEEP: Next = { to: 'keep' };

export interface Plan {
  /** What must be done before the record may say so. */
  before: Action[];
  next: Next;
  /** Cleaning: what fails here keeps nothing else from going on. */
  after: Action[];
  /** When time alone may change the plan, and nobody else will come by: epoch ms. */
  lookAt?: number | undefined;
}

export interface Wanted {
  /** undefined: no endpoint of this name is wanted. */
  endpoint: Endpoint | undefined;
  /** Every deployment under the name. */
  deployments: DeploymentRecord[];
}

/** `unknown`: CloudWatch does not say. */
export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' | 'missing' | 'unknown';
export type AlarmStates = Readonly<Record<string, AlarmState>>;

export interface Observed {
  fleets: ObservedFleet[];
  /** Whether the endpoint's log group is there; taken for granted while it serves. */
  hasLogGroup: boolean;
  /** Of the alarms that the update under way names. */
  alarms?: AlarmStates | undefined;
}
