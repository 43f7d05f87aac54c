import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MemoryTable, startMemoryTable } from '../../test/support/memory-table.ts';
import type { Table, Unwritten, Versioned } from '../aws/table.ts';
import type { EndpointRecord } from '../endpoints/endpoint-record.ts';
import { allNames, listRecords } from './list-records.ts';
import { newRecord } from './named-record.ts';

type ListInput = Parameters<typeof listRecords>[2];

interface Row {
  name: string;
  creationTime: number;
  lastModifiedTime: number;
  status: EndpointRecord['status'];
}

const NOON = 1_795_348_800_000;

let memory: MemoryTable;
let table: Table;

beforeAll(async () => {
  memory = await startMemoryTable();
  table = memory.table;
});

afterAll(() => memory.close());

beforeEach(empty);

/** Also before each try of a property, lest one that failed spoils those that shrink it. */
async function empty(): Promise<void> {
  const items = (await memory.dump()) as unknown as Versioned[];
  await Promise.all(items.map((item) => table.remove(item)));
}

async function remove(pk: string, sk: string): Promise<void> {
  const item = await table.get({ pk, sk });
  if (item !== undefined) await table.remove(item);
}

async function put({ name, creationTime, lastModifiedTime, status }: Row): Promise<void> {
  const record: Unwritten<EndpointRecord> = {
    ...newRecord('endpoint', name, creationTime, memory.newId(), {}),
    status,
    statusAndName: `${status}#${name}`,
    lastModifiedTime,
    endpointConfigName: 'c',
    generation: 'g',
  };
  expect(await table.create<EndpointRecord>(record)).toBe(true);
}

const list = (input: ListInput) => listRecords(table, 'endpoint', input);

async function names(input: ListInput): Promise<string[]> {
  return (await list(input)).summaries.map(({ name }) => name);
}

/** Every page to the end; `between` runs before each page but the first. */
async function walk(input: ListInput, between: () => Promise<void> = async () => undefined) {
  const pages: string[][] = [];
  let NextToken: string | undefined;
  do {
    if (pages.length > 0) await between();
    const page = await list({ ...input, ...(NextToken !== undefined && { NextToken }) });
    pages.push(page.summaries.map(({ name }) => name));
    NextToken = page.NextToken;
  } while (NextToken !== undefined && pages.length < 100);
  return pages;
}

/** What a listing is, said without an index. */
function expected(rows: Row[], input: ListInput): string[] {
  const { CreationTimeBefore: before = 1e10, CreationTimeAfter: after = 0 } = input;
  const { LastModifiedTimeBefore: changedBefore = 1e10, LastModifiedTimeAfter: changed = 0 } =
    input;
  const key = ({ name, creationTime, status }: Row) => {
    if (input.SortBy === 'Name') return name;
    return input.SortBy === 'Status' ? `${status}#${name}` : `${creationTime}#${name}`;
  };
  const sorted = rows
    .filter(
      ({ name, creationTime, lastModifiedTime, status }) =>
        name.includes(input.NameContains ?? '') &&
        (input.StatusEquals ?? status) === status &&
        creationTime / 1000 >= after &&
        creationTime / 1000 < before &&
        lastModifiedTime / 1000 >= changed &&
        lastModifiedTime / 1000 < changedBefore,
    )
    .sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const inOrder = input.SortOrder === 'Ascending' ? sorted : sorted.reverse();
  return inOrder.map(({ name }) => name);
}

const STATUSES = ['Creating', 'InService', 'Deleting', 'Failed'] as const;

/** Times are few, so that items share a millisecond, and bounds meet items. */
const time = fc.integer({ min: NOON, max: NOON + 4 });
const bound = fc.integer({ min: -5, max: 50 }).map((tenths) => (NOON + tenths / 10) / 1000);
const exactBound = time.map((ms) => ms / 1000);

const someRows = fc.uniqueArray(
  fc.record({
    name: fc.stringMatching(/^[ab]{1,4}$/),
    creationTime: time,
    lastModifiedTime: time,
    status: fc.constantFrom(...STATUSES),
  }),
  { selector: ({ name }) => name, minLength: 1, maxLength: 9 },
);

const order = {
  SortBy: fc.constantFrom('Name', 'CreationTime', 'Status' as const),
  SortOrder: fc.constantFrom('Ascending', 'Descending' as const),
};

const anyInput = fc.record(
  {
    ...order,
    NameContains: fc.stringMatching(/^[ab]{1,2}$/),
    StatusEquals: fc.constantFrom(...STATUSES),
    CreationTimeBefore: fc.oneof(bound, exactBound),
    CreationTimeAfter: fc.oneof(bound, exactBound),
    LastModifiedTimeBefore: fc.oneof(bound, exactBound),
    LastModifiedTimeAfter: fc.oneof(bound, exactBound),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<ListInput>;

async function clear(rows: Row[]): Promise<void> {
  for (const { name } of rows) await remove(`endpoint/${name}`, 'endpoint');
}

describe('a listing', () => {
  it('is what a naive filter and sort give, page by page, for every filter and order', async () => {
    await fc.assert(
      fc.asyncProperty(
        someRows,
        fc.array(fc.tuple(anyInput, fc.integer({ min: 1, max: 4 })), {
          minLength: 4,
          maxLength: 4,
        }),
        async (rows, inputs) => {
          await empty();
          await Promise.all(rows.map(put));

          for (const [input, MaxResults] of inputs) {
            const pages = await walk({ ...input, MaxResults });

            expect(pages.flat()).toEqual(expected(rows, input));
            for (const page of pages) expect(page.length).toBeLessThanOrEqual(MaxResults);
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  it('neither doubles nor hides what stays, while other items come and go', async () => {
    await fc.assert(
      fc.asyncProperty(
        someRows,
        someRows,
        fc.record(order),
        fc.integer({ min: 1, max: 3 }),
        async (stay, others, { SortBy, SortOrder }, MaxResults) => {
          await empty();
          const come = others.map((row) => ({ ...row, name: `${row.name}x` }));
          const go = others.map((row) => ({ ...row, name: `${row.name}y` }));
          await Promise.all([...stay, ...go].map(put));
          const coming = [...come];
          const going = [...go];
          const input: ListInput = {
            SortBy: SortBy as 'Name',
            SortOrder: SortOrder as 'Ascending',
          };

          const pages = await walk({ ...input, MaxResults }, async () => {
            const next = coming.shift();
            if (next !== undefined) await put(next);
            await clear(going.splice(0, 1));
          });

          const seen = pages.flat();
          expect(new Set(seen).size).toBe(seen.length);
          const stayed = seen.filter((name) => stay.some((row) => row.name === name));
          expect(stayed).toEqual(expected(stay, input));
          expect(
            expected([...stay, ...come, ...go], input).filter((n) => seen.includes(n)),
          ).toEqual(seen);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('is newest first, ten at a time, when nothing is said', async () => {
    for (let second = 0; second < 11; second++) {
      await put(row(`n${second}`, NOON + second * 1000));
    }

    const pages = await walk({});

    expect(pages).toEqual([['n10', 'n9', 'n8', 'n7', 'n6', 'n5', 'n4', 'n3', 'n2', 'n1'], ['n0']]);
  });

  it('gives no token when the last page is full', async () => {
    await put(row('a', NOON));
    await put(row('b', NOON));

    expect((await list({ MaxResults: 2 })).NextToken).toBeUndefined();
  });

  it('holds nothing of another kind', async () => {
    await put(row('a', NOON));

    expect((await listRecords(table, 'model', {})).summaries).toEqual([]);
  });

  it.each<[string, ListInput]>([
    ['that ends before it begins', { CreationTimeAfter: 2, CreationTimeBefore: 1 }],
    [
      'that ends where it begins',
      { CreationTimeAfter: NOON / 1000, CreationTimeBefore: NOON / 1000 },
    ],
    [
      'within one millisecond',
      { CreationTimeAfter: (NOON + 0.2) / 1000, CreationTimeBefore: (NOON + 0.7) / 1000 },
    ],
    ['before all time', { CreationTimeBefore: -5 }],
    ['after all time', { CreationTimeAfter: 1e300 }],
    ['between two ends of all time', { CreationTimeAfter: 1e12, CreationTimeBefore: 1e13 }],
    ['that nothing was changed in', { LastModifiedTimeAfter: 1e300 }],
    ['before anything was changed', { LastModifiedTimeBefore: -1e300 }],
  ])('is empty for a span %s', async (_, input) => {
    await put(row('a', NOON));

    for (const SortBy of ['Name', 'CreationTime', 'Status'] as const) {
      expect(await list({ ...input, SortBy })).toEqual({ summaries: [] });
    }
  });

  it.each<[string, ListInput]>([
    ['from before all time', { CreationTimeAfter: -1e300, LastModifiedTimeAfter: -1e300 }],
    ['to after all time', { CreationTimeBefore: 1e300, LastModifiedTimeBefore: 1e300 }],
    ['to the last day of a datetime', { CreationTimeBefore: 253_402_300_799.999 }],
  ])('is whole for a span %s', async (_, input) => {
    await put(row('a', NOON));

    for (const SortBy of ['Name', 'CreationTime', 'Status'] as const) {
      expect(await names({ ...input, SortBy })).toEqual(['a']);
    }
  });

  it('answers with what it has, and a token, when too much would have to be looked at', async () => {
    const nothingFits = { Items: [], ScannedCount: 1_000, LastEvaluatedKey: KEY };
    let queries = 0;
    const endless = {
      query: async () => {
        queries++;
        return nothingFits;
      },
    } as unknown as Table;

    const page = await listRecords(endless, 'endpoint', { NameContains: 'rare' });

    expect(page.summaries).toEqual([]);
    expect(page.NextToken).toEqual(expect.any(String));
    expect(queries).toBe(5);
  });
});

const KEY = { pk: 'endpoint/a', sk: 'endpoint', kind: 'endpoint', created: '1#a' };

function row(name: string, creationTime: number): Row {
  return { name, creationTime, lastModifiedTime: creationTime, status: 'InService' };
}

describe('a token', () => {
  async function firstToken(input: ListInput): Promise<string> {
    for (const name of ['a', 'b', 'c']) await put(row(name, NOON));
    const { NextToken } = await list({ MaxResults: 1, ...input });
    return NextToken ?? '';
  }

  it('goes on under another MaxResults', async () => {
    const NextToken = await firstToken({ SortBy: 'Name', SortOrder: 'Ascending' });

    const rest = await names({ SortBy: 'Name', SortOrder: 'Ascending', MaxResults: 50, NextToken });

    expect(rest).toEqual(['b', 'c']);
  });

  it.each<[string, ListInput]>([
    ['another order', { SortOrder: 'Ascending' }],
    ['another key', { SortBy: 'Name' }],
    ['another filter', { NameContains: 'a' }],
    ['another time', { CreationTimeAfter: 1 }],
    ['another status', { StatusEquals: 'Failed' }],
  ])('is refused with %s', async (_, change) => {
    const NextToken = await firstToken({});

    await expect(list({ ...change, NextToken })).rejects.toThrow('Invalid pagination token');
  });

  it('is refused by the list of another kind', async () => {
    const NextToken = await firstToken({});

    await expect(listRecords(table, 'model', { NextToken })).rejects.toThrow(
      'Invalid pagination token',
    );
  });

  it.each<[string, Record<string, unknown>]>([
    ['of another kind', { kind: 'model' }],
    ['that is empty', { pk: '' }],
    ['with more in it', { extra: 'x' }],
    ['with a number', { created: 1 }],
  ])('is refused with a key %s', async (_, change) => {
    const [listing, key] = JSON.parse(
      Buffer.from(await firstToken({}), 'base64url').toString(),
    ) as [string, object];
    const tampered = JSON.stringify([listing, { ...key, ...change }]);
    const NextToken = Buffer.from(tampered).toString('base64url');

    await expect(list({ NextToken })).rejects.toThrow('Invalid pagination token');
  });
});

it('names every record of a kind', async () => {
  for (const name of ['a', 'b', 'c']) await put(row(name, NOON));

  const found: string[] = [];
  for await (const name of allNames(table, 'endpoint')) found.push(name);

  expect(found.sort()).toEqual(['a', 'b', 'c']);
});
