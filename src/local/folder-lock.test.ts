import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFolder } from './folder-lock.ts';
import { StartError } from './settings.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lock-'));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('a folder is for one stack at a time', async () => {
  const release = lockFolder(dir);

  expect(() => lockFolder(dir)).toThrow(
    /is in use \(database is locked\)\. Stop the other headrace/,
  );

  await release();
  await lockFolder(dir)();
});

test('a lock that is no database is told as such, with the way out', () => {
  writeFileSync(join(dir, 'lock.db'), 'x'.repeat(4096));

  expect(() => lockFolder(dir)).toThrow(/cannot be locked .* Remove that file/);
});

test('a folder that is not there is made', async () => {
  await lockFolder(join(dir, 'deep', 'data'))();

  expect(existsSync(join(dir, 'deep', 'data'))).toBe(true);
});

test.each(['file', 'file/data'])('%s that cannot be a folder is told as such', (name) => {
  writeFileSync(join(dir, 'file'), '');

  const locking = () => lockFolder(join(dir, name));

  expect(locking).toThrow(StartError);
  expect(locking).toThrow(/cannot be used \((?:EEXIST|ENOTDIR).*Set HEADRACE_DATA_DIR to a folder/);
});
