import { expect, test } from 'vitest';
import type { Table, Versioned } from '../aws/table.ts';
import { changeRecord, removeRecord } from './change-record.ts';

const find = async () => ({ pk: 'p', sk: 's' }) as unknown as Versioned;

/** A table on which others are first for so many writes. */
function contested(times: number) {
  let tried = 0;
  const write = async () => ++tried > times;
  const table = { replace: write, remove: write } as unknown as Table;
  return { table, tried: () => tried };
}

test.each([
  ['removes', (table: Table) => removeRecord(table, find)],
  ['changes', (table: Table) => changeRecord(table, find, (record) => record)],
])('%s what others change in between, at the third try at most', async (_, write) => {
  const calm = contested(2);
  const wild = contested(3);

  await write(calm.table);
  const error = await write(wild.table).catch((reason: unknown) => reason);

  expect(calm.tried()).toBe(3);
  expect(error).toMatchObject({ code: 'ConflictException' });
  expect(wild.tried()).toBe(3);
});
