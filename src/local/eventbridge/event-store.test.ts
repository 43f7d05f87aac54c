import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BusEvent, EventStore } from './event-store.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'events-'));
  file = join(folder, 'events.jsonl');
});

afterEach(() => rmSync(folder, { recursive: true }));

const event = (id: string): BusEvent => ({
  version: '0',
  id,
  'detail-type': 'A thing',
  source: 'mine',
  account: '000000000000',
  time: '2026-11-28T12:00:00Z',
  region: 'us-east-1',
  resources: [],
  detail: {},
});

const idsIn = (text: string) =>
  text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line).id]));

async function kept(store: EventStore): Promise<string[]> {
  const lines = store.lines({ follow: false }, new AbortController().signal);
  return idsIn((await Readable.from(lines).toArray()).join(''));
}

it('keeps events in their order, also for the next life', async () => {
  new EventStore(file).append([event('a'), event('b')]);
  const next = new EventStore(file);
  next.append([event('c')]);

  expect(await kept(next)).toEqual(['a', 'b', 'c']);
});

it('takes two files of its size and no more, and keeps the newest', async () => {
  const store = new EventStore(file, 1_000);
  for (let number = 0; number < 100; number++) store.append([event(`e${number}`)]);

  const ids = await kept(store);

  expect(statSync(file).size + statSync(`${file}.old`).size).toBeLessThan(2_500);
  expect(ids.at(-1)).toBe('e99');
  expect(ids).toEqual(Array.from({ length: ids.length }, (_, at) => `e${100 - ids.length + at}`));
});

it('gives on what comes, each event once, until the reader leaves', async () => {
  const store = new EventStore(file, 1_000);
  store.append([event('before')]);
  const left = new AbortController();
  const lines = store.lines({ follow: true }, left.signal);
  const next = async () => idsIn((await lines.next()).value ?? '');

  expect(await next()).toEqual(['before']);
  const waiting = next();
  for (let number = 0; number < 6; number++) store.append([event(`e${number}`)]);
  expect(await waiting).toEqual(['e0', 'e1', 'e2', 'e3', 'e4', 'e5']);
  store.append([event('last')]);
  expect(await next()).toEqual(['last']);
  const end = lines.next();
  left.abort();
  expect((await end).done).toBe(true);
});
