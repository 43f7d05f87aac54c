import { operation } from '../protocol/operation.ts';
import { structure } from '../protocol/shape.ts';
import { removeRecord } from '../records/change-record.ts';
import { endpointConfigName } from './config-name.ts';
import { findEndpointConfig } from './endpoint-config-record.ts';

/** Reference section 2.4: succeeds also while an endpoint uses it. */
export const deleteEndpointConfig = operation(
  'DeleteEndpointConfig',
  structure({ EndpointConfigName: endpointConfigName }),
  async ({ EndpointConfigName }, { config, table }) => {
    await removeRecord(table, () => findEndpointConfig(table, config, EndpointConfigName));
    return undefined;
  },
);
