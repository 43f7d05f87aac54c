import type { ObservedFleet } from '../fleet/observed-fleet.ts';
import type { Endpoint } from './endpoint-record.ts';
import { isSameRoute, makeRoute } from './make-route.ts';
import { KEEP, type Next } from './plan-result.ts';

/** Tasks come and go; the shares stay as the `shifted` steps of an update, if any, have set them. */
export function followTasks(endpoint: Endpoint, fleets: ObservedFleet[], shifted = 0): Next {
  const route = makeRoute(endpoint, fleets, shifted);
  if (isSameRoute(endpoint.record.route, route)) return KEEP;
  return { to: 'write', record: { ...endpoint.record, route } };
}
