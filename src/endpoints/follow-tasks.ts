import type { ObservedFleet } from '../fleet/observed-fleet.ts';
import type { Endpoint } from './endpoint-record.ts';
import { isSameRoute, makeRoute } from './make-route.ts';
import { KEEP, type Next } from './plan-result.ts';

/** Tasks come and go; the shares stay as the steps of an update, if any, have set them. */
export function followTasks(endpoint: Endpoint, fleets: ObservedFleet[]): Next {
  const route = makeRoute(endpoint, fleets);
  if (isSameRoute(endpoint.record.route, route)) return KEEP;
  return { to: 'write', record: { ...endpoint.record, route } };
}
