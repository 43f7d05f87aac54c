import { isServing, type ObservedFleet } from '../fleet/observed-fleet.ts';
import type { DeploymentRecord, Endpoint } from './endpoint-record.ts';
import { findFleet } from './find-fleet.ts';
import type { Route, RouteVariant, Target } from './route.ts';
import type { Counts, Shares } from './update-steps.ts';
import { stepsOf } from './wanted-fleets.ts';

/**
 * Where the traffic goes: only ever to healthy tasks of fleets that are in service. Pure. `shifted` is
 * the number of the update's steps whose traffic has moved.
 */
export function makeRoute(endpoint: Endpoint, fleets: ObservedFleet[], shifted = 0): Route {
  const { record, deployment, green } = endpoint;
  const step = shifted > 0 ? stepsOf(endpoint)[shifted - 1] : undefined;
  const weightOf = (name: string, own: number) => record.live?.[name]?.weight ?? own;
  const blue = entriesOf(record.name, deployment, fleets, weightOf);
  if (step === undefined) return { variants: blue };
  // Green's weights are its own: what blue's were set to while it ran went into the deployment.
  const coming = entriesOf(record.name, green, fleets, (_, own) => own, step.greenActive);
  return { variants: merged(blue, coming, step.share) };
}

function entriesOf(
  endpoint: string,
  deployment: DeploymentRecord | undefined,
  fleets: ObservedFleet[],
  weightOf: (variant: string, own: number) => number,
  atMost?: Counts,
): RouteVariant[] {
  const variants = deployment?.variants ?? [];
  const generation = deployment?.generation ?? '';
  return variants.map(({ name, weight, routing, model }) => {
    const fleet = findFleet(fleets, { endpoint, variant: name, generation });
    const targets = targetsOf(fleet).slice(0, atMost?.[name]);
    const own = weightOf(name, weight);
    return { name, generation, weight: own, share: 1, routing, mode: model.mode, targets };
  });
}

function targetsOf(fleet: ObservedFleet | undefined): Target[] {
  return (fleet?.tasks ?? [])
    .filter(isServing)
    .map(({ id, address }) => ({ task: id, address: address ?? '' }))
    .sort((a, b) => (a.task < b.task ? -1 : 1));
}

function merged(blue: RouteVariant[], green: RouteVariant[], share: Shares): RouteVariant[] {
  const parts = (
    entries: RouteVariant[],
    others: RouteVariant[],
    part: (name: string) => number,
  ) => {
    const total = entries.reduce((sum, { weight }) => sum + weight, 0);
    return entries.map((entry) => {
      const other = others.find(({ name }) => name === entry.name);
      const own = partOf(entry, other, part(entry.name));
      return { ...entry, share: own, weight: total === 0 ? 0 : (entry.weight / total) * own };
    });
  };
  const toGreen = (name: string) => share[name] ?? 1;
  return [
    ...parts(blue, green, (name) => 1 - toGreen(name)),
    ...parts(green, blue, toGreen),
  ].filter((entry) => entry.share > 0);
}

/** A fleet without a healthy task leaves its part to the other one, as long as that has any. */
function partOf(entry: RouteVariant, other: RouteVariant | undefined, planned: number): number {
  if (other === undefined || other.targets.length === entry.targets.length) return planned;
  if (entry.targets.length === 0) return 0;
  return other.targets.length === 0 ? 1 : planned;
}

export function isSameRoute(a: Route | undefined, b: Route): boolean {
  return JSON.stringify(a?.variants.map(identity)) === JSON.stringify(b.variants.map(identity));
}

/** The table gives members back in an order of its own. */
function identity({ name, generation, weight, share, routing, mode, targets }: RouteVariant) {
  const tasks = targets.map(({ task, address }) => [task, address]);
  return [name, generation, weight, share, routing, mode, tasks];
}
