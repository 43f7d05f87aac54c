import { arnOf } from '../aws/arn.ts';
import { operation } from '../protocol/operation.ts';
import { structure } from '../protocol/shape.ts';
import { seconds } from '../records/named-record.ts';
import { endpointConfigName } from './config-name.ts';
import { findEndpointConfig } from './endpoint-config-record.ts';

/** Reference section 2.4. */
export const describeEndpointConfig = operation(
  'DescribeEndpointConfig',
  structure({ EndpointConfigName: endpointConfigName }),
  async ({ EndpointConfigName }, { config, table }) => {
    const record = await findEndpointConfig(table, config, EndpointConfigName);
    return {
      EndpointConfigName,
      EndpointConfigArn: arnOf(config, 'endpoint-config', EndpointConfigName),
      ProductionVariants: record.variants,
      EnableNetworkIsolation: false,
      CreationTime: seconds(record.creationTime),
    };
  },
);
