import { arnOf } from '../aws/arn.ts';
import { ValidationException } from '../protocol/errors.ts';
import { operation } from '../protocol/operation.ts';
import { structure } from '../protocol/shape.ts';
import { changeRecord } from '../records/change-record.ts';
import { endpointName } from './endpoint-name.ts';
import { findEndpoint, withStatus } from './endpoint-record.ts';

/** Reference section 2.6: refused while a change is under way. From here on nothing is routed. */
export const deleteEndpoint = operation(
  'DeleteEndpoint',
  structure({ EndpointName: endpointName }),
  async ({ EndpointName }, { config, table, clock, wake }) => {
    await changeRecord(
      table,
      () => findEndpoint(table, config, EndpointName),
      (record) => {
        if (record.status !== 'InService' && record.status !== 'Failed') {
          const arn = arnOf(config, 'endpoint', EndpointName);
          throw new ValidationException(`Cannot update in-progress endpoint "${arn}".`);
        }
        return { ...withStatus(record, 'Deleting', clock.now()), route: undefined };
      },
    );
    await wake(EndpointName);
    return undefined;
  },
);
