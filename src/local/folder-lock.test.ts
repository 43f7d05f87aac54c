import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFolder } from './folder-lock.ts';

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
