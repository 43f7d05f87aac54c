import type { DeployedVariant } from '../fleet/deployed-variant.ts';
import type { FleetName } from '../fleet/fleet-name.ts';
import type { DeploymentRecord, Endpoint, EndpointRecord, Update } from './endpoint-record.ts';
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
function blueCounts({ record, deployment }: Endpoint): Counts {
  return countsOf(deployment, (variant) => record.live?.[variant.name]?.count);
}

function greenCounts({ green }: Endpoint): Counts {
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

/** Where the update under way stands. */
interface Progress {
  /** The last step whose traffic has moved; undefined while all of it is on blue. */
  moved: Step | undefined;
  /** The step whose instances are up, or come up. */
  launched: Step | undefined;
  /** Blue's instances that steps which have baked have left. */
  blueStays: Counts;
  /** Green has all the traffic. */
  isWhole: boolean;
}

export function progressOf(
  endpoint: Endpoint,
  { shifted, phase, deploymentConfig }: Update,
): Progress {
  const blue = blueCounts(endpoint);
  const steps = updateSteps(deploymentConfig, blue, greenCounts(endpoint));
  const launched = phase === 'launching' ? shifted : Math.max(0, shifted - 1);
  return {
    moved: steps[shifted - 1],
    launched: steps[launched],
    blueStays: steps[launched - 1]?.blueStays ?? blue,
    isWhole: shifted === steps.length,
  };
}

/** Pure. Blue is whole until a step has baked that lets it shrink, and whole again in a rollback. */
export function wantedFleets(endpoint: Endpoint): WantedFleet[] {
  const { record, deployment, green } = endpoint;
  if (!isServed(record)) return [];
  const { update } = record;
  if (update === undefined) return fleetsOf(record, deployment, blueCounts(endpoint));
  const { launched, blueStays } = progressOf(endpoint, update);
  return [
    ...fleetsOf(record, deployment, blueStays),
    ...fleetsOf(record, green, launched?.greenUp ?? greenCounts(endpoint)),
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
