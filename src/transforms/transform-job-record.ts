import type { Config } from '../aws/config.ts';
import type { Table, Unwritten } from '../aws/table.ts';
import type { ModelDefinition } from '../models/model-record.ts';
import { ValidationException } from '../protocol/errors.ts';
import { keyOf, type NamedRecord } from '../records/named-record.ts';
import type { JobRequest } from './job-shape.ts';

/** Reference section 2.9. */
export type TransformJobStatus = 'InProgress' | 'Completed' | 'Failed' | 'Stopping' | 'Stopped';

/** The one object of a job that a trigger made, in the state that its event named. */
export interface TriggeredBy {
  trigger: string;
  bucket: string;
  key: string;
  versionId?: string | undefined;
  etag?: string | undefined;
}

/** How the task of one share stands. */
export interface Attempt {
  /** Of this share, from 1. */
  number: number;
  /** When it was decided to start it. Epoch ms. */
  at: number;
  /** The share's steps at that time. */
  steps: number;
  /** Attempts in a row, before this one, that made no step. */
  fruitless: number;
}

/** Times are epoch ms. */
export interface TransformJobRecord extends NamedRecord {
  kind: 'transform-job';
  status: TransformJobStatus;
  statusAndName: string;
  lastModifiedTime: number;
  /** Tells its tasks, work items and outputs from those of any other job. */
  generation: string;
  request: JobRequest;
  /** A copy, so that deleting the model is harmless. */
  model: ModelDefinition;
  triggeredBy?: TriggeredBy | undefined;
  /** The newest attempt of each share; none before the job's first look. */
  attempts: Attempt[];
  startTime?: number | undefined;
  endTime?: number | undefined;
  failureReason?: string | undefined;
  /** The status that was told on EventBridge last. */
  told?: TransformJobStatus | undefined;
}

/** `record` in another status; what lists sort by follows. */
export function withStatus<T extends Unwritten<TransformJobRecord>>(
  record: T,
  status: TransformJobStatus,
  now: number,
): T {
  return { ...record, status, statusAndName: `${status}#${record.name}`, lastModifiedTime: now };
}

/** @throws ValidationException, though SageMaker's API models ResourceNotFound (section 2.9) */
export async function findTransformJob(
  table: Table,
  _config: Config,
  name: string,
): Promise<TransformJobRecord> {
  const record = await table.get<TransformJobRecord>(keyOf('transform-job', name));
  if (record === undefined) {
    throw new ValidationException(`Could not find requested job with name: ${name}`);
  }
  return record;
}
