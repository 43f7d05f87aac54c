import type { FleetName } from '../fleet/fleet-name.ts';
import type {
  DeployedVariant,
  DeploymentRecord,
  Endpoint,
  EndpointRecord,
} from './endpoint-record.ts';
import { type Counts, type Step, updateSteps } from './update-steps.ts';

/** A fleet that is to be there, and how large. */
export interface WantedFleet {
  fleet: FleetName;
  variant: DeployedVariant;
  count: number;
}

/** Whether fleets of the endpoint are to run at all. */
export function isServed({ status }: EndpointRecord): boolean {
  return status !== 'Failed' && status !== 'Deleting';
}

/** What blue has when it is whole. */
export function blueCounts({ record, deployment }: Endpoint): Counts {
  return countsOf(deployment, (variant) => record.live?.[variant.name]?.count);
}

export function greenCounts({ green }: Endpoint): Counts {
  return countsOf(green, () => undefined);
}

function countsOf(
  deployment: DeploymentRecord | undefined,
  live: (variant: DeployedVariant) => number | undefined,
): Counts {
  const variants = deployment?.variants ?? [];
  return Object.fromEntries(
    variants.map((variant) => [variant.name, live(variant) ?? variant.instanceCount]),
  );
}

export function stepsOf(endpoint: Endpoint): Step[] {
  const { update } = endpoint.record;
  return updateSteps(update?.deploymentConfig, blueCounts(endpoint), greenCounts(endpoint));
}

/** Pure. Blue is whole until a step has baked that lets it shrink, and whole again in a rollback. */
export function wantedFleets(endpoint: Endpoint): WantedFleet[] {
  const { record, deployment, green } = endpoint;
  if (!isServed(record)) return [];
  const full = blueCounts(endpoint);
  const { update } = record;
  if (update === undefined) return fleetsOf(record, deployment, full);
  const steps = stepsOf(endpoint);
  // The step that is on: the next one while it launches, else the last one whose traffic has moved.
  const current = update.phase === 'launching' ? update.shifted : Math.max(0, update.shifted - 1);
  return [
    ...fleetsOf(record, deployment, steps[current - 1]?.blueStays ?? full),
    ...fleetsOf(record, green, steps[current]?.greenUp ?? greenCounts(endpoint)),
  ];
}

function fleetsOf(
  { name: endpoint }: EndpointRecord,
  deployment: DeploymentRecord | undefined,
  counts: Counts,
): WantedFleet[] {
  return (deployment?.variants ?? []).map((variant) => ({
    fleet: { endpoint, variant: variant.name, generation: deployment?.generation ?? '' },
    variant,
    count: counts[variant.name] ?? 0,
  }));
}
