import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb';

export interface Key {
  pk: string;
  sk: string;
}

/**
 * What every item carries. One writer wins: a write names the incarnation and the revision it read.
 * `incarnation` tells a record from an earlier one of the same name; `written` is new with every
 * write, so that a write whose answer was lost, and which the SDK repeated, is known as our own.
 */
export interface Versioned extends Key {
  incarnation: string;
  revision: number;
  written: string;
}

/** An item before its bookkeeping. */
export type Unwritten<T extends Versioned> = Omit<T, 'revision' | 'written'>;

const IS_NEW = { ConditionExpression: 'attribute_not_exists(pk)' };

function isUnchanged(read: Versioned) {
  return {
    ConditionExpression: 'incarnation = :incarnation AND revision = :revision',
    ExpressionAttributeValues: { ':incarnation': read.incarnation, ':revision': read.revision },
  };
}

/** The one table, with single-item conditions only. Reads are consistent. */
export class Table {
  readonly #client: DynamoDBDocumentClient;
  readonly #name: string;
  readonly #newId: () => string;

  constructor(client: DynamoDBDocumentClient, name: string, newId: () => string) {
    this.#client = client;
    this.#name = name;
    this.#newId = newId;
  }

  /** The caller names the type it wrote under this key. */
  async get<T extends Versioned>({ pk, sk }: Key): Promise<T | undefined> {
    const { Item } = await this.#client.send(
      new GetCommand({ TableName: this.#name, Key: { pk, sk }, ConsistentRead: true }),
    );
    return Item as T | undefined;
  }

  /** Every item under `pk`. */
  async collection(pk: string): Promise<Versioned[]> {
    const items: Versioned[] = [];
    let start: QueryCommandInput['ExclusiveStartKey'];
    do {
      const page = await this.#client.send(
        new QueryCommand({
          TableName: this.#name,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': pk },
          ConsistentRead: true,
          ExclusiveStartKey: start,
        }),
      );
      items.push(...((page.Items ?? []) as Versioned[]));
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    return items;
  }

  /** Writes an item that must not exist; false when it does. */
  async create<T extends Versioned>(item: Unwritten<T>): Promise<boolean> {
    return this.#put({ ...item, revision: 1 }, IS_NEW);
  }

  /** Puts `next` in the place of `read`; false when `read` is no longer what is there. */
  async replace<T extends Versioned>(read: T, next: Unwritten<T>): Promise<boolean> {
    return this.#put({ ...next, revision: read.revision + 1 }, isUnchanged(read));
  }

  /** Removes `read`; false when something else is there. Gone already is fine. */
  async remove(read: Versioned): Promise<boolean> {
    const key = { pk: read.pk, sk: read.sk };
    return conditional(
      this.#client.send(
        new DeleteCommand({ TableName: this.#name, Key: key, ...isUnchanged(read) }),
      ),
      async () => (await this.get(key)) === undefined,
    );
  }

  async query(input: Omit<QueryCommandInput, 'TableName'>) {
    return this.#client.send(new QueryCommand({ TableName: this.#name, ...input }));
  }

  async #put(
    unwritten: Omit<Versioned, 'written'>,
    condition: Partial<ReturnType<typeof isUnchanged>>,
  ): Promise<boolean> {
    const item = { ...unwritten, written: this.#newId() };
    return conditional(
      this.#client.send(new PutCommand({ TableName: this.#name, Item: item, ...condition })),
      async () => (await this.get(item))?.written === item.written,
    );
  }
}

/** Whether a conditional write took effect, also when only the answer to its first try was lost. */
async function conditional(
  write: Promise<unknown>,
  tookEffect: () => Promise<boolean>,
): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return tookEffect();
    throw error;
  }
}
