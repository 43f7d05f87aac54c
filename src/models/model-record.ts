import { arnOf } from '../aws/arn.ts';
import type { Config } from '../aws/config.ts';
import type { Table } from '../aws/table.ts';
import { ValidationException } from '../protocol/errors.ts';
import { keyOf, type NamedRecord } from '../records/named-record.ts';
import type { ContainerDefinition } from './container-definition.ts';

export type ExecutionMode = 'Serial' | 'Direct';

/** The pipeline itself, as an endpoint runs it. */
export interface ModelDefinition {
  containers: ContainerDefinition[];
  /** Sent as PrimaryContainer: one container, which SageMaker calls `primary`. */
  isPrimary: boolean;
  mode: ExecutionMode;
  executionRoleArn?: string | undefined;
}

export interface ModelRecord extends NamedRecord {
  kind: 'model';
  definition: ModelDefinition;
  enableNetworkIsolation?: boolean | undefined;
}

/** @throws ValidationException `Could not find model "<arn>".` */
export async function findModel(table: Table, config: Config, name: string): Promise<ModelRecord> {
  const record = await table.get<ModelRecord>(keyOf('model', name));
  if (record === undefined) {
    throw new ValidationException(`Could not find model "${arnOf(config, 'model', name)}".`);
  }
  return record;
}

/** ContainerHostname, or the position (reference section 2.2); a lone PrimaryContainer is `primary`. */
export function stageNames(definition: ModelDefinition): string[] {
  if (definition.isPrimary) return ['primary'];
  return definition.containers.map(
    (container, position) => container.ContainerHostname ?? `container-${position + 1}`,
  );
}
