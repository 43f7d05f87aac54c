import { join } from 'node:path';
import {
  CreateTableCommand,
  DynamoDBClient,
  ResourceInUseException,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { TABLE_SCHEMA } from '../aws/table-schema.ts';
import { refuseForeign } from './foreign-requests.ts';
import { closeServer, LOOPBACK, listenOnLoopback } from './http-server.ts';

export interface LocalDynamoDB {
  url: string;
  close(): Promise<void>;
}

/** DynamoDB's stand-in; with a `dataDir` its tables outlive the process. */
export async function startDynamoDB(port: number, dataDir?: string): Promise<LocalDynamoDB> {
  const server = dynalite({
    ...(dataDir !== undefined && { path: join(dataDir, 'dynamodb') }),
    createTableMs: 0,
  });
  refuseForeign(server);
  const actual = await listenOnLoopback(server, port);
  return { url: `http://${LOOPBACK}:${actual}`, close: () => closeServer(server) };
}

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
const OPEN_MS = 5_000;

export async function ensureTable(endpoint: string, region: string, name: string): Promise<void> {
  const client = new DynamoDBClient({ endpoint, region, credentials: CREDENTIALS, maxAttempts: 1 });
  try {
    await client.send(new CreateTableCommand({ ...TABLE_SCHEMA, TableName: name }), {
      abortSignal: AbortSignal.timeout(OPEN_MS),
    });
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  } finally {
    client.destroy();
  }
}
