import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Clock } from './clock.ts';
import { type Config, dnsSuffix } from './config.ts';
import { type Credentials, type Service, signedCall } from './signed-call.ts';
import type { Key, Versioned } from './table.ts';

/**
 * `Table.get` alone, for the one function that does nothing else with the table: without the SDK's client, three
 * quarters of what it would have to load are gone.
 */
export function createReadItem(
  { dynamodbUrl, region, table }: Pick<Config, 'dynamodbUrl' | 'region' | 'table'>,
  caller: { credentials: Credentials; clock: Clock },
) {
  const url = dynamodbUrl ?? `https://dynamodb.${region}.${dnsSuffix(region)}`;
  const dynamodb: Service = { name: 'dynamodb', url, region, json: '1.0' };
  return async <T extends Versioned>({ pk, sk }: Key): Promise<T | undefined> => {
    const input = { TableName: table, Key: { pk: { S: pk }, sk: { S: sk } }, ConsistentRead: true };
    const answer = await signedCall(dynamodb, 'DynamoDB_20120810.GetItem', input, caller);
    const { Item } = answer as { Item?: Record<string, AttributeValue> };
    return Item && (unmarshall(Item) as T);
  };
}
