import type { Table } from '../aws/table.ts';
import { ValidationException } from '../protocol/errors.ts';
import { allNames } from '../records/list-records.ts';
import { keyOf, type NamedRecord } from '../records/named-record.ts';
import { outputPlace } from '../transforms/job-fleet.ts';
import type { JobTemplate } from '../transforms/job-shape.ts';
import type { Flow } from './feeds.ts';

export interface TransformTriggerRecord extends NamedRecord {
  kind: 'transform-trigger';
  bucket: string;
  prefix: string;
  suffix: string;
  template: JobTemplate;
}

export function flowOf(record: Omit<TransformTriggerRecord, 'revision' | 'written'>): Flow {
  const { name, bucket, prefix, suffix, template } = record;
  return { name, bucket, prefix, suffix, output: outputPlace(template) };
}

/** @throws ValidationException when there is none */
export async function findTrigger(table: Table, name: string): Promise<TransformTriggerRecord> {
  const record = await table.get<TransformTriggerRecord>(keyOf('transform-trigger', name));
  if (record === undefined) {
    throw new ValidationException(`Could not find transform trigger "${name}".`);
  }
  return record;
}

export async function allTriggers(table: Table): Promise<TransformTriggerRecord[]> {
  const names: string[] = [];
  for await (const name of allNames(table, 'transform-trigger')) names.push(name);
  const records = await Promise.all(
    names.map((name) => table.get<TransformTriggerRecord>(keyOf('transform-trigger', name))),
  );
  return records.filter((record) => record !== undefined);
}
