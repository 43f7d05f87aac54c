import { isServing, type ObservedFleet } from '../fleet/observed-fleet.ts';
import type { DeploymentRecord, Endpoint, Live } from './endpoint-record.ts';
import { findFleet } from './find-fleet.ts';
import type { Route, RouteVariant, Target } from './route.ts';
import type { Shares } from './update-steps.ts';
import { progressOf } from './wanted-fleets.ts';

/** Where the traffic goes: only ever to healthy tasks of fleets that are in service. Pure. */
export function makeRoute(endpoint: Endpoint, fleets: ObservedFleet[]): Route {
  const { record, deployment, green } = endpoint;
  const step = record.update && progressOf(endpoint, record.update).moved;
  const named = (config: string | undefined) => ({ endpoint: record.name, config });
  const blue = entriesOf(named(record.endpointConfigName), deployment, fleets, record.live);
  // Green's weights are its own: what blue's were set to while it ran went into the deployment.
  const coming = entriesOf(named(record.update?.endpointConfigName), green, fleets);
  const serving = [...blue, ...coming].map(({ name, generation, targets }) => ({
    name,
    generation,
    count: targets.length,
  }));
  if (step === undefined) return { variants: blue, serving };
  const active = coming.map((entry) => ({
    ...entry,
    targets: entry.targets.slice(0, step.greenActive[entry.name]),
  }));
  return { variants: split(blue, active, step.share), serving };
}

function entriesOf(
  { endpoint, config }: { endpoint: string; config: string | undefined },
  deployment: DeploymentRecord | undefined,
  fleets: ObservedFleet[],
  live: Live = {},
): RouteVariant[] {
  const variants = deployment?.variants ?? [];
  const generation = deployment?.generation ?? '';
  return variants.map(({ name, weight, routing, model, ...variant }) => {
    const fleet = findFleet(fleets, { endpoint, variant: name, generation });
    const asleep = live[name]?.count === 0;
    return {
      name,
      generation,
      config,
      weight: asleep ? 0 : (live[name]?.weight ?? weight),
      share: 1,
      routing,
      mode: model.mode,
      invocationTimeoutSeconds: variant.invocationTimeoutSeconds,
      maxPayloadInMB: variant.maxPayloadInMB,
      asleep,
      targets: asleep ? [] : targetsOf(fleet),
    };
  });
}

function targetsOf(fleet: ObservedFleet | undefined): Target[] {
  return (fleet?.tasks ?? [])
    .filter(isServing)
    .map(({ id, address }) => ({ task: id, address: address ?? '' }))
    .sort((a, b) => (a.task < b.task ? -1 : 1));
}

/** Both fleets, each with its part of the traffic; those without any are left out. */
function split(blue: RouteVariant[], green: RouteVariant[], share: Shares): RouteVariant[] {
  const toGreen = (name: string) => share[name] ?? 1;
  const ofBlue = partsOf(blue, green, (name) => 1 - toGreen(name));
  return [...ofBlue, ...partsOf(green, blue, toGreen)].filter((entry) => entry.share > 0);
}

function partsOf(
  entries: RouteVariant[],
  others: RouteVariant[],
  planned: (name: string) => number,
): RouteVariant[] {
  const total = entries.reduce((sum, { weight }) => sum + weight, 0);
  return entries.map((entry) => {
    // A variant that is new, gone or renamed has the whole other side as its counterpart.
    const same = others.filter(({ name }) => name === entry.name);
    const counterpart = same.length > 0 ? same : others;
    const own = same.length > 0 ? [entry] : entries;
    const share = partOf(targetCount(own), targetCount(counterpart), planned(entry.name));
    return { ...entry, share, weight: total === 0 ? 0 : (entry.weight / total) * share };
  });
}

/** A side without a healthy task leaves its part to the other one, as long as that has any. */
function partOf(own: number, other: number, planned: number): number {
  if (own === 0 && other > 0) return 0;
  return own > 0 && other === 0 ? 1 : planned;
}

function targetCount(entries: RouteVariant[]): number {
  return entries.reduce((sum, { targets }) => sum + targets.length, 0);
}

export function isSameRoute(a: Route | undefined, b: Route): boolean {
  return a !== undefined && identity(a) === identity(b);
}

/** The table gives members back in an order of its own. */
function identity({ variants, serving }: Route): string {
  return JSON.stringify([
    variants.map(({ name, generation, weight, share, routing, mode, targets, ...more }) => {
      const { config, invocationTimeoutSeconds, maxPayloadInMB, asleep = false } = more;
      const tasks = targets.map(({ task, address }) => [task, address]);
      const asked = [name, generation, config, weight, share, routing, mode];
      return [...asked, invocationTimeoutSeconds, maxPayloadInMB, asleep, tasks];
    }),
    serving?.map(({ name, generation, count }) => [name, generation, count]),
  ]);
}
