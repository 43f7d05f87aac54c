import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NOON } from '../../test/support/api.ts';
import { ServiceUnavailable } from '../protocol/errors.ts';
import { AccessKey } from './access-key.ts';
import { FRESH_MS, HONOURED_MS, KeyCache } from './key-cache.ts';
import { Refusal } from './refusal.ts';

const ID = 'HRAKAAAAAAAAAAAAAAAA';
const KEY = new AccessKey(ID, { secret: 's', name: 'ci', allow: ['admin'], createdAt: NOON });

const clock = { time: NOON, now: () => clock.time };
let reads: string[];
/** What the next reads do. */
let read: (id: string) => Promise<AccessKey | undefined>;
let cache: KeyCache;

beforeEach(() => {
  clock.time = NOON;
  reads = [];
  read = async (id) => (id === ID ? KEY : undefined);
  const counted = (id: string) => {
    reads.push(id);
    return read(id);
  };
  cache = new KeyCache(counted, clock);
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});

afterEach(() => {
  vi.restoreAllMocks();
});

const fail = () => Promise.reject(new Error('down'));
const hang = () => new Promise<never>(() => undefined);
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test('a key is read once, however many ask at once, and kept', async () => {
  const found = await Promise.all([cache.get(ID), cache.get(ID), cache.get(ID)]);
  const later = await cache.get(ID);

  expect([...found, later]).toEqual([KEY, KEY, KEY, KEY]);
  expect(reads).toEqual([ID]);
});

test('after half a minute it is read anew while requests go on, so that none waits', async () => {
  await cache.get(ID);
  clock.time += FRESH_MS / 2;
  let answer: (key: AccessKey) => void = () => undefined;
  read = () => new Promise((resolve) => (answer = resolve));

  const meanwhile = await cache.get(ID);
  answer(KEY);
  await settled();
  clock.time += FRESH_MS / 2 - 1;
  const after = await cache.get(ID);

  expect([meanwhile, after]).toEqual([KEY, KEY]);
  expect(reads).toEqual([ID, ID]);
});

test('a revoked key is good for less than a minute', async () => {
  await cache.get(ID);
  read = async () => undefined;

  clock.time += FRESH_MS;
  const after = await cache.get(ID);

  expect(after).toBeUndefined();
});

test('while keys cannot be read, those that were good go on being so for an hour', async () => {
  await cache.get(ID);
  read = fail;

  clock.time += HONOURED_MS - 1;
  const within = await cache.get(ID);
  clock.time += 1;
  const beyond = cache.get(ID);

  expect(within).toBe(KEY);
  await expect(beyond).rejects.toThrow(ServiceUnavailable);
});

test('a key that was seen to be revoked is not good again when keys cannot be read', async () => {
  await cache.get(ID);
  read = async () => undefined;
  clock.time += FRESH_MS;
  await cache.get(ID);
  read = fail;
  clock.time += 10_000;

  await expect(cache.get(ID)).rejects.toThrow(ServiceUnavailable);
});

test('while reads fail, they are tried every five seconds, and the first that succeeds counts', async () => {
  await cache.get(ID);
  read = fail;
  clock.time += FRESH_MS;

  await cache.get(ID);
  await cache.get(ID);
  const tried = reads.length;
  read = async () => undefined;
  clock.time += 5_000;
  const after = await cache.get(ID);

  expect(tried).toBe(2);
  expect(after).toBeUndefined();
});

test('a read that hangs holds a request up for half a second, and the ones after it not at all', async () => {
  vi.useFakeTimers();
  try {
    await cache.get(ID);
    read = hang;
    clock.time += FRESH_MS;

    const waiting = cache.get(ID);
    await vi.advanceTimersByTimeAsync(500);
    const first = await waiting;
    const second = await cache.get(ID);

    expect([first, second]).toEqual([KEY, KEY]);
  } finally {
    vi.useRealTimers();
  }
});

test('a clock that is set back keeps no key alive', async () => {
  await cache.get(ID);
  read = async () => undefined;

  clock.time -= 1;
  const found = await cache.get(ID);

  expect(found).toBeUndefined();
});

test('while keys cannot be read, one that nobody has seen does not get in', async () => {
  read = fail;

  await expect(cache.get(ID)).rejects.toThrow(ServiceUnavailable);
});

test('an id that is no key is asked for once in ten seconds', async () => {
  read = async () => undefined;
  await cache.get(ID);
  await cache.get(ID);
  const tried = reads.length;

  read = async () => KEY;
  clock.time += 10_000;
  const created = await cache.get(ID);

  expect(tried).toBe(1);
  expect(created).toBe(KEY);
});

test('who guesses ids makes few look-ups, and no key that is in use is the worse for it', async () => {
  await cache.get(ID);
  const outcomes = [];
  for (let guess = 0; guess < 1000; guess += 1) {
    outcomes.push(await cache.get(`HRAKGUESS${guess}`).catch((error: unknown) => error));
  }

  const known = await cache.get(ID);

  expect(reads.length).toBeLessThanOrEqual(1 + 10);
  expect(outcomes.at(-1)).toBeInstanceOf(Refusal);
  expect(outcomes.at(-1)).toMatchObject({ code: 'ThrottlingException', status: 429 });
  expect(known).toBe(KEY);
});

test('keys that are found cost nothing of that', async () => {
  read = async () => KEY;
  const found = [];
  for (let one = 0; one < 100; one += 1) found.push(await cache.get(`HRAK${one}`));

  expect(new Set(found)).toEqual(new Set([KEY]));
});
