import type { S3Client } from '@aws-sdk/client-s3';
import type { Table } from '../aws/table.ts';
import type { Budget } from './budget.ts';
import type { BatchConfig } from './config.ts';
import type { Execution } from './execution-parameters.ts';
import type { TransformBatch } from './transform-batch.ts';

/** What the objects of one worker are transformed with. */
export interface ObjectTransformer {
  config: BatchConfig;
  execution: Execution;
  s3: S3Client;
  table: Table;
  newId: () => string;
  now: () => number;
  transformBatch: TransformBatch;
  /** Requests at a time, over all objects of this worker. */
  slots: Budget;
  signal: AbortSignal;
  onRecords: (count: number) => void;
  onStep: () => void;
}
