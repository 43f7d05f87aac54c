import { arnOf } from '../aws/arn.ts';
import type { Config } from '../aws/config.ts';
import { DEFAULT_PAYLOAD_MB, DEFAULT_TIMEOUT_SECONDS } from '../endpoints/invocation-limits.ts';
import { operation } from '../protocol/operation.ts';
import { structure } from '../protocol/shape.ts';
import { seconds } from '../records/named-record.ts';
import { endpointConfigName } from './config-name.ts';
import { type EndpointConfigRecord, findEndpointConfig } from './endpoint-config-record.ts';
import type { ProductionVariant } from './production-variant.ts';

const input = structure({ EndpointConfigName: endpointConfigName });

/** Reference section 2.4. */
export const describeEndpointConfig = operation(
  'DescribeEndpointConfig',
  input,
  async ({ EndpointConfigName }, { config, table }) => {
    const record = await findEndpointConfig(table, config, EndpointConfigName);
    return description(record, config, sageMakers);
  },
);

/** The same with what is beyond SageMaker. */
export const describeEndpointConfigByRest = operation(
  'DescribeEndpointConfig',
  input,
  async ({ EndpointConfigName }, { config, table }) => {
    const record = await findEndpointConfig(table, config, EndpointConfigName);
    return description(record, config, (variant) => ({
      InvocationTimeoutInSeconds: DEFAULT_TIMEOUT_SECONDS,
      MaxPayloadInMB: DEFAULT_PAYLOAD_MB,
      ...variant,
    }));
  },
);

function description(
  { name, variants, creationTime }: EndpointConfigRecord,
  config: Config,
  shown: (variant: ProductionVariant) => ProductionVariant,
) {
  return {
    EndpointConfigName: name,
    EndpointConfigArn: arnOf(config, 'endpoint-config', name),
    ProductionVariants: variants.map(shown),
    EnableNetworkIsolation: false,
    CreationTime: seconds(creationTime),
  };
}

/** No client of SageMaker's gets a member that its model does not have. */
function sageMakers({
  InvocationTimeoutInSeconds: _timeout,
  MaxPayloadInMB: _payload,
  ...variant
}: ProductionVariant): ProductionVariant {
  return variant;
}
