import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { documentClient } from '../../src/aws/document-client.ts';
import { Table } from '../../src/aws/table.ts';
import { ensureTable, startDynamoDB } from '../../src/local/dynamodb.ts';

const REGION = 'us-east-1';
const NAME = 'headrace';

export interface MemoryTable {
  client: DynamoDBDocumentClient;
  url: string;
  name: string;
  table: Table;
  newId: () => string;
  /** Every item there is, in a fixed order. */
  dump(): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** The one table on a DynamoDB stand-in of its own, in memory. */
export async function startMemoryTable(): Promise<MemoryTable> {
  const dynamodb = await startDynamoDB(0);
  await ensureTable(dynamodb.url, REGION, NAME);
  const bare = new DynamoDBClient({
    endpoint: dynamodb.url,
    region: REGION,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const client = documentClient(bare);
  let ids = 0;
  const newId = () => `id${String(++ids).padStart(10, '0')}`;
  return {
    client,
    url: dynamodb.url,
    name: NAME,
    table: new Table(client, NAME, newId),
    newId,
    dump: () => dump(client),
    close: async () => {
      bare.destroy();
      await dynamodb.close();
    },
  };
}

async function dump(client: DynamoDBDocumentClient): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = await client.send(new ScanCommand({ TableName: NAME, ExclusiveStartKey: start }));
    items.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return items.sort((a, b) => (`${a.pk} ${a.sk}` < `${b.pk} ${b.sk}` ? -1 : 1));
}
