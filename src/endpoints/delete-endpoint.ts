import { arnOf } from '../aws/arn.ts';
import { operation } from '../protocol/operation.ts';
import { structure } from '../protocol/shape.ts';
import { changeRecord } from '../records/change-record.ts';
import { endpointName } from './endpoint-name.ts';
import { type EndpointStatus, findEndpoint, withStatus } from './endpoint-record.ts';
import { inProgress } from './in-progress.ts';

const RESTING: EndpointStatus[] = ['InService', 'Failed', 'UpdateRollbackFailed'];

/** Reference section 2.6: refused while a change is under way. From here on nothing is routed. */
export const deleteEndpoint = operation(
  'DeleteEndpoint',
  structure({ EndpointName: endpointName }),
  async ({ EndpointName }, { config, table, clock, wake }) => {
    await changeRecord(
      table,
      () => findEndpoint(table, config, EndpointName),
      (record) => {
        if (!RESTING.includes(record.status)) {
          throw inProgress(arnOf(config, 'endpoint', EndpointName));
        }
        const deleting = withStatus(record, 'Deleting', clock.now());
        return { ...deleting, route: undefined, update: undefined };
      },
    );
    await wake(EndpointName);
    return undefined;
  },
);
