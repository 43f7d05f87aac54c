import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MemoryTable, startMemoryTable } from '../../test/support/memory-table.ts';
import { systemClock } from './clock.ts';
import { createReadItem } from './read-item.ts';
import { Table, type Unwritten, type Versioned } from './table.ts';

interface Note extends Versioned {
  text: string;
}

let memory: MemoryTable;
let table: Table;
let sk = 0;

beforeAll(async () => {
  memory = await startMemoryTable();
  table = memory.table;
});

afterAll(() => memory.close());

/** A key of its own for every test. */
let key: { pk: string; sk: string };
beforeEach(() => {
  key = { pk: 'note', sk: String(++sk) };
});

const note = (text: string, incarnation = 'first'): Unwritten<Note> => ({
  ...key,
  incarnation,
  text,
});

async function read(): Promise<Note> {
  const found = await table.get<Note>(key);
  if (found === undefined) throw new Error('the note is not there');
  return found;
}

/** A client whose every write arrives, and is sent again since its answer is lost. */
function losingAnswers(): Table {
  const { client } = memory;
  const twice = {
    send: async (command: Parameters<DynamoDBDocumentClient['send']>[0]) => {
      if (command.constructor.name !== 'GetCommand') await client.send(command);
      return client.send(command);
    },
  } as unknown as DynamoDBDocumentClient;
  return new Table(twice, memory.name, memory.newId);
}

describe('an item that is read without the SDK', () => {
  const readItem = () =>
    createReadItem(
      { dynamodbUrl: memory.url, region: 'us-east-1', table: memory.name },
      {
        credentials: { accessKeyId: 'a', secretAccessKey: 'a', sessionToken: undefined },
        clock: systemClock,
      },
    );

  it('is what the table gives', async () => {
    const nested = {
      text: 'ünïcode',
      list: [1, { deep: [true, null, ''] }],
      none: null,
      big: 2 ** 52,
    };
    await table.create<Note & typeof nested>({ ...note(''), ...nested });

    expect(await readItem()<Note>(key)).toEqual(await read());
    expect(await read()).toMatchObject(nested);
  });

  it('is undefined where there is none', async () => {
    expect(await readItem()(key)).toBeUndefined();
  });
});

describe('one writer wins', () => {
  it('at the creation', async () => {
    const wins = await Promise.all(
      Array.from({ length: 8 }, (_, writer) => table.create<Note>(note(`by ${writer}`))),
    );

    expect(wins.filter(Boolean)).toHaveLength(1);
    expect(await read()).toMatchObject({ revision: 1, text: `by ${wins.indexOf(true)}` });
  });

  it('at a change', async () => {
    await table.create<Note>(note('new'));
    const before = await read();

    const wins = await Promise.all(
      Array.from({ length: 8 }, (_, writer) => table.replace<Note>(before, note(`by ${writer}`))),
    );

    expect(wins.filter(Boolean)).toHaveLength(1);
    expect(await read()).toMatchObject({ revision: 2, text: `by ${wins.indexOf(true)}` });
  });

  it('at the removal: what was changed in between stays', async () => {
    await table.create<Note>(note('new'));
    const before = await read();
    await table.replace<Note>(before, note('changed'));

    const removed = await table.remove(before);

    expect(removed).toBe(false);
    expect(await read()).toMatchObject({ text: 'changed' });
  });

  it('and a record that is gone is not brought back by a change', async () => {
    await table.create<Note>(note('new'));
    const before = await read();
    await table.remove(before);

    const replaced = await table.replace<Note>(before, note('changed'));

    expect(replaced).toBe(false);
    expect(await table.get(key)).toBeUndefined();
  });
});

describe('a name that was deleted and taken again', () => {
  async function takenAgain(): Promise<Note> {
    await table.create<Note>(note('old', 'first'));
    const old = await read();
    await table.remove(old);
    await table.create<Note>(note('new', 'second'));
    expect((await read()).revision).toBe(old.revision);
    return old;
  }

  it('is not changed by who read the old one', async () => {
    const old = await takenAgain();

    expect(await table.replace<Note>(old, note('changed'))).toBe(false);
    expect(await read()).toMatchObject({ text: 'new', incarnation: 'second' });
  });

  it('is not removed by who read the old one', async () => {
    const old = await takenAgain();

    expect(await table.remove(old)).toBe(false);
    expect(await read()).toMatchObject({ text: 'new' });
  });
});

describe('when the answer to a write is lost, and the SDK writes again', () => {
  it('the creation is known as our own', async () => {
    expect(await losingAnswers().create<Note>(note('new'))).toBe(true);
    expect(await read()).toMatchObject({ text: 'new', revision: 1 });
  });

  it('the change is known as our own, and made once', async () => {
    await table.create<Note>(note('new'));

    expect(await losingAnswers().replace<Note>(await read(), note('changed'))).toBe(true);
    expect(await read()).toMatchObject({ text: 'changed', revision: 2 });
  });

  it('the removal is known as done', async () => {
    await table.create<Note>(note('new'));

    expect(await losingAnswers().remove(await read())).toBe(true);
    expect(await table.get(key)).toBeUndefined();
  });

  it('the same content by another writer is not taken for our own', async () => {
    await table.create<Note>(note('new'));

    expect(await losingAnswers().create<Note>(note('new'))).toBe(false);
  });
});

it('passes on what is wrong with the table itself', async () => {
  const elsewhere = new Table(memory.client, 'no-such-table', memory.newId);

  await expect(elsewhere.create<Note>(note('new'))).rejects.toThrow(/not found|non-existent/i);
  await expect(elsewhere.get(key)).rejects.toThrow(/not found|non-existent/i);
});

it('reads a collection that takes several pages', async () => {
  const pk = 'long';
  const text = 'x'.repeat(300_000);
  for (let part = 0; part < 5; part++) {
    await table.create<Note>({ pk, sk: String(part), incarnation: 'i', text });
  }

  const items = await table.collection(pk);

  expect(items.map((item) => item.sk)).toEqual(['0', '1', '2', '3', '4']);
});
