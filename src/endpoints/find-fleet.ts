import { type FleetName, fleetId } from '../fleet/fleet-name.ts';
import type { ObservedFleet } from '../fleet/observed-fleet.ts';

export function findFleet(fleets: ObservedFleet[], wanted: FleetName): ObservedFleet | undefined {
  const id = fleetId(wanted);
  return fleets.find(({ name }) => fleetId(name) === id);
}
