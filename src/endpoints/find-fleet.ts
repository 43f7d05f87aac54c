import { type FleetName, familyOf } from '../fleet/fleet-name.ts';
import type { ObservedFleet } from '../fleet/observed-fleet.ts';

export function findFleet(fleets: ObservedFleet[], wanted: FleetName): ObservedFleet | undefined {
  const family = familyOf(wanted);
  return fleets.find(({ name }) => familyOf(name) === family);
}
