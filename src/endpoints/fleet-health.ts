import { type ObservedFleet, servingIn } from '../fleet/observed-fleet.ts';
import { findFleet } from './find-fleet.ts';
import { type FleetFailure, fleetFailure } from './fleet-failure.ts';
import type { WantedFleet } from './wanted-fleets.ts';

export function failuresOf(
  toServe: WantedFleet[],
  fleets: ObservedFleet[],
  start: { since: number; isLaunching: boolean },
  now: number,
): FleetFailure[] {
  return toServe.flatMap((one) => {
    return fleetFailure(one, findFleet(fleets, one.fleet), start, now) ?? [];
  });
}

/** Every instance that is to serve does. */
export function areWhole(toServe: WantedFleet[], fleets: ObservedFleet[]): boolean {
  return toServe.every(({ fleet, count }) => servingIn(findFleet(fleets, fleet)) >= count);
}

/** None serves that is not to. */
export function areShrunk(toServe: WantedFleet[], fleets: ObservedFleet[]): boolean {
  return toServe.every(({ fleet, count }) => servingIn(findFleet(fleets, fleet)) <= count);
}
