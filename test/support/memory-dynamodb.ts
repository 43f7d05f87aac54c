import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import { INDEXES } from '../../src/aws/table-schema.ts';

type Item = Record<string, unknown>;

/**
 * The part of DynamoDB that src/aws/table.ts uses, in this process and without waiting, for tests of
 * very many runs. That the real protocol behaves so is tested with the stand-in.
 */
export class MemoryDynamoDB {
  readonly items = new Map<string, Item>();

  /** A document client whose every call goes through `around`. */
  client(around: <T>(send: () => Promise<T>) => Promise<T>): DynamoDBDocumentClient {
    const send = (command: unknown) => around(async () => this.#run(command));
    return { send } as unknown as DynamoDBDocumentClient;
  }

  #run(command: unknown): object {
    if (command instanceof GetCommand) {
      return { Item: structuredClone(this.items.get(keyOf(command.input.Key ?? {}))) };
    }
    if (command instanceof PutCommand) {
      const item = structuredClone(command.input.Item ?? {});
      this.#check(keyOf(item), command.input);
      this.items.set(keyOf(item), item);
      return {};
    }
    if (command instanceof DeleteCommand) {
      const key = keyOf(command.input.Key ?? {});
      this.#check(key, command.input);
      this.items.delete(key);
      return {};
    }
    if (command instanceof QueryCommand) return { Items: structuredClone(this.#query(command)) };
    throw new Error('a command that the table does not use');
  }

  #query({ input }: QueryCommand): Item[] {
    const { ':pk': pk, ':kind': kind } = input.ExpressionAttributeValues ?? {};
    const all = [...this.items.values()];
    if (pk !== undefined)
      return sorted(
        all.filter((item) => item.pk === pk),
        'sk',
      );
    const sortKey = INDEXES[input.IndexName as keyof typeof INDEXES];
    return sorted(
      all.filter((item) => item.kind === kind && sortKey in item),
      sortKey,
    );
  }

  #check(
    key: string,
    {
      ConditionExpression: condition,
      ExpressionAttributeValues: values = {},
    }: {
      ConditionExpression?: string | undefined;
      ExpressionAttributeValues?: Item | undefined;
    },
  ): void {
    const there = this.items.get(key);
    const holds =
      condition === undefined ||
      (condition === 'attribute_not_exists(pk)'
        ? there === undefined
        : there?.incarnation === values[':incarnation'] && there?.revision === values[':revision']);
    if (holds) return;
    throw new ConditionalCheckFailedException({ message: 'no', $metadata: {} });
  }
}

function keyOf({ pk, sk }: Item): string {
  return JSON.stringify([pk, sk]);
}

function sorted(items: Item[], by: string): Item[] {
  return items.toSorted((a, b) => (String(a[by]) < String(b[by]) ? -1 : 1));
}
