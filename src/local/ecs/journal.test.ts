import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StartError } from '../settings.ts';
import { State } from './state.ts';

let dir: string;
let file: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'journal-'));
  file = join(dir, 'records.jsonl');
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('what was put is there again, what was deleted is not', () => {
  const state = new State(file);
  state.revisions.put('a', 1);
  state.revisions.put('a', 2);
  state.revisions.put('b', 1);
  state.revisions.delete('b');

  const again = new State(file);

  expect([...again.revisions.entries()]).toEqual([['a', 2]]);
});

test('a torn last line is forgotten, and does not spoil what is written after it', () => {
  new State(file).revisions.put('a', 1);
  appendFileSync(file, '["revision","b"');

  new State(file).revisions.put('c', 3);

  expect([...new State(file).revisions.entries()]).toEqual([
    ['a', 1],
    ['c', 3],
  ]);
});

test.each(['nonsense', '7', 'null', '{}'])('a damaged line is told, with its place: %s', (line) => {
  writeFileSync(file, `["revision","a",1]\n${line}\n["revision","b",1]\n`);

  const message = `${file}, line 2 is damaged. Remove that line, or the file to start with nothing.`;
  expect(() => new State(file)).toThrow(new StartError(message));
});

test('many changes of few records do not fill the disk', () => {
  const state = new State(file);
  const big = 'x'.repeat(1_000_000);

  for (let change = 0; change < 12; change += 1) {
    state.tokens.put('t', { arns: [big], inputHash: '', usedAt: change });
  }

  expect(new State(file).tokens.get('t')?.usedAt).toBe(11);
});
