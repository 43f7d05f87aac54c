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
  const moving = update.phase === 'launching' ? update.shifted : update.shifted - 1;
  const baked = update.phase === 'rolling back' ? undefined : steps[moving - 1];
  // A rollback may begin before the first step: green stays as it is until the traffic has left it.
  const greenUp = steps[Math.max(0, moving)]?.greenUp ?? greenCounts(endpoint);
  return [
    ...fleetsOf(record, deployment, baked?.blueStays ?? full),
    ...fleetsOf(record, green, greenUp),
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
