import type { FleetName } from '../fleet/fleet-name.ts';
import type { ObservedFleet } from '../fleet/observed-fleet.ts';
import type {
  DeployedVariant,
  DeploymentRecord,
  Endpoint,
  EndpointRecord,
} from './endpoint-record.ts';
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
  | { do: 'scaleService'; fleet: FleetName; count: number }
  | { do: 'deleteService'; fleet: FleetName }
  | { do: 'deregisterTaskDefinitions'; arns: string[] }
  | { do: 'deleteTaskDefinitions'; arns: string[] }
  | { do: 'deleteLogGroup' }
  | { do: 'deleteDeployments'; deployments: DeploymentRecord[] };

/** What becomes of the record, by one conditional write, after the actions are done. */
export type Next =
  | { to: 'keep' }
  | { to: 'write'; record: EndpointRecord }
  /** The same, with a FailureReason that the logs of the failing tasks explain. */
  | { to: 'fail'; record: EndpointRecord; failures: FleetFailure[] }
  | { to: 'remove' };

export const KEEP: Next = { to: 'keep' };

export interface Plan {
  next: Next;
  actions: Action[];
  /** When time alone may change the plan, and nobody else will come by: epoch ms. */
  lookAt?: number;
}

export interface Wanted {
  /** undefined: no endpoint of this name is wanted. */
  endpoint: Endpoint | undefined;
  /** Every deployment under the name. */
  deployments: DeploymentRecord[];
}

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' | 'missing';
export type AlarmStates = Readonly<Record<string, AlarmState>>;

export interface Observed {
  fleets: ObservedFleet[];
  /** Whether the endpoint's log group is there; taken for granted while it serves. */
  hasLogGroup: boolean;
  /** Of the alarms that the update under way names. */
  alarms?: AlarmStates | undefined;
}
