import { arnOf } from '../aws/arn.ts';
import type { Config } from '../aws/config.ts';
import { operation } from '../protocol/operation.ts';
import { structure } from '../protocol/shape.ts';
import { seconds } from '../records/named-record.ts';
import { endpointConfigName } from './config-name.ts';
import type { DataCaptureConfig } from './data-capture-config.ts';
import { type EndpointConfigRecord, findEndpointConfig } from './endpoint-config-record.ts';
import { DEFAULT_PAYLOAD_MB, DEFAULT_TIMEOUT_SECONDS } from './invocation-limits.ts';

const input = structure({ EndpointConfigName: endpointConfigName });

/** Reference section 2.4. */
export const describeEndpointConfig = operation(
  'DescribeEndpointConfig',
  input,
  async ({ EndpointConfigName }, { config, table }) => {
    const record = await findEndpointConfig(table, config, EndpointConfigName);
    return description(withoutExtensions(record), config);
  },
);

/** The same with what is beyond SageMaker. */
export const describeEndpointConfigByRest = operation(
  'DescribeEndpointConfig',
  input,
  async ({ EndpointConfigName }, { config, table }) => {
    const record = await findEndpointConfig(table, config, EndpointConfigName);
    return description(withDefaults(record), config);
  },
);

function description(
  { name, variants, dataCapture, creationTime }: EndpointConfigRecord,
  config: Config,
) {
  return {
    EndpointConfigName: name,
    EndpointConfigArn: arnOf(config, 'endpoint-config', name),
    ProductionVariants: variants,
    DataCaptureConfig: dataCapture && { EnableCapture: true, ...dataCapture },
    EnableNetworkIsolation: false,
    CreationTime: seconds(creationTime),
  };
}

/** No client of SageMaker's gets a member that its model does not have. */
function withoutExtensions(record: EndpointConfigRecord): EndpointConfigRecord {
  const { dataCapture } = record;
  return {
    ...record,
    variants: record.variants.map(
      ({ InvocationTimeoutInSeconds: _timeout, MaxPayloadInMB: _payload, ...variant }) => variant,
    ),
    dataCapture: dataCapture && withoutStages(dataCapture),
  };
}

function withoutStages({
  CaptureStages: _stages,
  ...capture
}: DataCaptureConfig): DataCaptureConfig {
  return capture;
}

function withDefaults(record: EndpointConfigRecord): EndpointConfigRecord {
  return {
    ...record,
    variants: record.variants.map((variant) => ({
      InvocationTimeoutInSeconds: DEFAULT_TIMEOUT_SECONDS,
      MaxPayloadInMB: DEFAULT_PAYLOAD_MB,
      ...variant,
    })),
    dataCapture: record.dataCapture && { CaptureStages: false, ...record.dataCapture },
  };
}
