import { arnOf } from '../aws/arn.ts';
import type { Config } from '../aws/config.ts';
import type { Table } from '../aws/table.ts';
import { ValidationException } from '../protocol/errors.ts';
import { keyOf, type NamedRecord } from '../records/named-record.ts';
import type { DataCaptureConfig } from './data-capture-config.ts';
import type { ProductionVariant } from './production-variant.ts';

export interface EndpointConfigRecord extends NamedRecord {
  kind: 'endpoint-config';
  variants: ProductionVariant[];
  dataCapture?: DataCaptureConfig | undefined;
}

/** @throws ValidationException `Could not find endpoint configuration "<arn>".` */
export async function findEndpointConfig(
  table: Table,
  config: Config,
  name: string,
): Promise<EndpointConfigRecord> {
  const record = await table.get<EndpointConfigRecord>(keyOf('endpoint-config', name));
  if (record === undefined) {
    const arn = arnOf(config, 'endpoint-config', name);
    throw new ValidationException(`Could not find endpoint configuration "${arn}".`);
  }
  return record;
}
