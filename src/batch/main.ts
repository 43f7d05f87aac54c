import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { systemClock } from '../aws/clock.ts';
import { documentClient } from '../aws/document-client.ts';
import { randomId } from '../aws/ids.ts';
import { Table } from '../aws/table.ts';
import { type BatchConfig, ConfigError, parseBatchConfig } from './config.ts';
import { createDataLog } from './data-log.ts';
import { Superseded } from './object-failure.ts';
import { work } from './worker.ts';

const CONNECTION_TIMEOUT_MS = 5_000;
/** How long a connection may be silent. */
const SILENCE_MS = 30_000;
const MOST_ATTEMPTS = 6;

/** Exit codes. What is true of the job stands in its items; these are for a person who looks. */
const DONE = 0;
const SOME_FAILED = 1;
const MISCONFIGURED = 2;
const SUPERSEDED = 3;
const BROKEN = 4;

/**
 * The `batch` command: transforms one share of a transform job beside the stages of its pipeline,
 * with SageMaker's data log and a one-line summary on stdout.
 * @returns the exit code
 */
export async function batch(env: Readonly<Record<string, string | undefined>>): Promise<number> {
  let config: BatchConfig;
  try {
    config = parseBatchConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    return MISCONFIGURED;
  }
  const bounds = {
    maxAttempts: MOST_ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS, socketTimeout: SILENCE_MS },
  };
  const s3 = new S3Client({
    ...bounds,
    // A custom endpoint has no host name per bucket.
    forcePathStyle: Boolean(env.AWS_ENDPOINT_URL_S3),
    // Each part is checked by its ETag when the upload is completed.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  const dynamodb = documentClient(new DynamoDBClient(bounds));
  const world = {
    s3,
    table: new Table(dynamodb, config.table, randomId),
    clock: systemClock,
    newId: randomId,
    log: createDataLog((line) => console.log(line), Date.now),
    print: (line: string) => console.log(line),
  };
  // Nothing is lost by going at once: what is safe is written down, and the rest is done again.
  process.once('SIGTERM', () => process.exit(128 + 15));
  try {
    const summary = await work(config, world, new AbortController().signal);
    console.log(JSON.stringify(summary));
    return summary.failed === 0 ? DONE : SOME_FAILED;
  } catch (error) {
    const isSuperseded = error instanceof Superseded;
    console.error(isSuperseded ? `Stopping: ${error.message}.` : error);
    return isSuperseded ? SUPERSEDED : BROKEN;
  }
}
