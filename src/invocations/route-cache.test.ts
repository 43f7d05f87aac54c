import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Route } from '../endpoints/route.ts';
import { RouteCache } from './route-cache.ts';

const route = (task: string): Route => ({
  variants: [
    {
      name: 'AllTraffic',
      generation: 'g1',
      weight: 1,
      share: 1,
      routing: 'RANDOM',
      mode: 'Serial',
      targets: [{ task, address: '127.0.0.1:1' }],
    },
  ],
});

const OLD = route('old');
const NEW = route('new');

/** A table whose reads are answered by hand, and a clock that stands still. */
function slowTable() {
  const clock = { time: 0, now: () => clock.time };
  const reads: { endpoint: string; answer: (route?: Route) => void; fail: () => void }[] = [];
  const read = (endpoint: string) =>
    new Promise<Route | undefined>((resolve, reject) => {
      const fail = () => reject(new Error('the table does not answer'));
      reads.push({ endpoint, answer: resolve, fail });
    });
  return { clock, reads, cache: new RouteCache(read, clock) };
}

type Slow = ReturnType<typeof slowTable>;

/** The cache knows OLD, read at time 0. */
async function warmed(): Promise<Slow> {
  const slow = slowTable();
  const first = slow.cache.get('abalone');
  slow.reads[0]?.answer(OLD);
  await first;
  return slow;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(console, 'error').mockReturnValue();
  vi.spyOn(console, 'log').mockReturnValue();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Whatever is due within `ms` happens, and what waits for it. */
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  promise.then(settle, settle);
  await pass(0);
  return !settled;
}

describe('a route', () => {
  it('is read once for all who ask at the same time', async () => {
    const { cache, reads } = slowTable();

    const asked = Array.from({ length: 10 }, () => cache.get('abalone'));
    reads[0]?.answer(OLD);

    expect(await Promise.all(asked)).toEqual(Array.from({ length: 10 }, () => OLD));
    expect(reads).toHaveLength(1);
  });

  it('is read for each endpoint apart', async () => {
    const { cache, reads } = slowTable();

    const asked = [cache.get('a'), cache.get('b')];
    reads[1]?.answer(NEW);
    reads[0]?.answer(OLD);

    expect(await Promise.all(asked)).toEqual([OLD, NEW]);
    expect(reads.map(({ endpoint }) => endpoint)).toEqual(['a', 'b']);
  });

  it('is not read again within its second', async () => {
    const { cache, reads, clock } = await warmed();
    clock.time = 999;

    expect(await cache.get('abalone')).toBe(OLD);
    expect(reads).toHaveLength(1);
  });

  it('is never older than a second while the table answers', async () => {
    const { cache, reads, clock } = await warmed();
    clock.time = 1_000;

    const asked = cache.get('abalone');
    reads[1]?.answer(NEW);

    expect(await asked).toBe(NEW);
  });

  it('is as old as the beginning of its read, for the read may have taken long', async () => {
    const { cache, reads, clock } = slowTable();
    const first = cache.get('abalone');
    clock.time = 900;
    reads[0]?.answer(OLD);
    await first;
    clock.time = 1_000;

    const second = cache.get('abalone');
    reads[1]?.answer(NEW);

    expect(await second).toBe(NEW);
  });

  it('does not live on when the clock is set back', async () => {
    const { cache, reads, clock } = await warmed();
    clock.time = -3_600_000;

    const asked = cache.get('abalone');
    reads[1]?.answer(NEW);

    expect(await asked).toBe(NEW);
  });

  it('is gone when its endpoint is', async () => {
    const { cache, reads, clock } = await warmed();
    clock.time = 1_000;

    const asked = cache.get('abalone');
    reads[1]?.answer(undefined);

    expect(await asked).toBeUndefined();
    const again = cache.get('abalone');
    reads[2]?.fail();
    await expect(again).rejects.toThrow('the table does not answer');
  });
});

describe('when the table is down', () => {
  it('the last known route serves on, hour after hour', async () => {
    const { cache, reads, clock } = await warmed();

    for (const hours of [1, 2, 100]) {
      clock.time = hours * 3_600_000;
      const asked = cache.get('abalone');
      reads.at(-1)?.fail();
      expect(await asked).toBe(OLD);
    }
    expect(reads).toHaveLength(4);
  });

  it('and back again, the new route is found', async () => {
    const { cache, reads, clock } = await warmed();
    clock.time = 5_000;
    const during = cache.get('abalone');
    reads[1]?.fail();
    await during;

    const after = cache.get('abalone');
    reads[2]?.answer(NEW);

    expect(await after).toBe(NEW);
  });

  it('what was never known is an error, and is asked for again', async () => {
    const { cache, reads } = slowTable();

    const asked = cache.get('abalone');
    reads[0]?.fail();

    await expect(asked).rejects.toThrow('the table does not answer');
    const again = cache.get('abalone');
    reads[1]?.answer(NEW);
    expect(await again).toBe(NEW);
  });
});

describe('when a read hangs', () => {
  it('the last known route is given after a quarter of a second', async () => {
    const { cache, clock } = await warmed();
    clock.time = 1_000;

    const asked = cache.get('abalone');

    expect(await isPending(asked)).toBe(true);
    await pass(249);
    expect(await isPending(asked)).toBe(true);
    await pass(1);
    expect(await asked).toBe(OLD);
  });

  it('nobody begins a second one', async () => {
    const { cache, reads, clock } = await warmed();
    clock.time = 1_000;

    for (let request = 0; request < 5; request++) {
      const asked = cache.get('abalone');
      await pass(250);
      expect(await asked).toBe(OLD);
    }

    expect(reads).toHaveLength(2);
  });

  it('what it brings in the end is used', async () => {
    const { cache, reads, clock } = await warmed();
    clock.time = 1_000;
    const impatient = cache.get('abalone');
    await pass(250);
    await impatient;

    reads[1]?.answer(NEW);
    await pass(0);

    expect(await cache.get('abalone')).toBe(NEW);
    expect(reads).toHaveLength(2);
  });

  it('and fails in the end, nothing is left unhandled', async () => {
    const { cache, reads, clock } = await warmed();
    clock.time = 1_000;
    const impatient = cache.get('abalone');
    await pass(250);
    expect(await impatient).toBe(OLD);

    reads[1]?.fail();
    await pass(0);

    expect(vi.getTimerCount()).toBe(0);
  });
});

it('holds ten thousand endpoints, and lets go of the one read longest ago', async () => {
  let reads = 0;
  const read = async () => {
    reads++;
    return OLD;
  };
  const cache = new RouteCache(read, { now: () => 0 });
  for (let endpoint = 0; endpoint <= 10_000; endpoint++) await cache.get(`e${endpoint}`);

  await cache.get('e1');
  expect(reads).toBe(10_001);
  await cache.get('e0');
  expect(reads).toBe(10_002);
});
