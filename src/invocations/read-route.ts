import type { Table } from '../aws/table.ts';
import type { EndpointRecord } from '../endpoints/endpoint-record.ts';
import type { Route } from '../endpoints/route.ts';
import { keyOf } from '../records/named-record.ts';

/** undefined while the endpoint is not there, or has never been in service. */
export function createReadRoute(
  table: Pick<Table, 'get'>,
): (endpoint: string) => Promise<Route | undefined> {
  return async (endpoint) => {
    const record = await table.get<EndpointRecord>(keyOf('endpoint', endpoint));
    return record?.route;
  };
}
