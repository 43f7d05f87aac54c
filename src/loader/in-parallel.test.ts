import { expect, it } from 'vitest';
import { inParallel } from './in-parallel.ts';

it('works on a bounded number of items at a time, and on all of them', async () => {
  const done: number[] = [];
  let running = 0;
  let most = 0;

  await inParallel([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    done.push(item);
  });

  expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(most).toBe(3);
});

it('begins nothing more after a failure, and waits for what runs', async () => {
  const begun: number[] = [];
  const ended: number[] = [];

  const all = inParallel([1, 2, 3, 4], 2, async (item) => {
    begun.push(item);
    if (item === 1) throw new Error('one');
    await new Promise((resolve) => setImmediate(resolve));
    ended.push(item);
  });

  await expect(all).rejects.toThrow('one');
  expect(begun).toEqual([1, 2]);
  expect(ended).toEqual([2]);
});
