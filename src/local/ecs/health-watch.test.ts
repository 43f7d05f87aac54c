import { expect, test } from 'vitest';
import { VirtualTime } from '../../../test/support/ecs/virtual-time.ts';
import { watchHealth } from './health-watch.ts';

/** Watches a check whose outcome is a function of the time since the start; returns what was seen. */
function watch(options: {
  passes: (ms: number) => boolean;
  lastsMs?: number;
  startPeriod?: number;
  retries?: number;
}) {
  const time = new VirtualTime(0);
  const checks: number[] = [];
  const changes: [number, string][] = [];
  const stop = watchHealth({
    healthCheck: {
      command: ['CMD', 'x'],
      interval: 10,
      timeout: 5,
      retries: options.retries ?? 2,
      startPeriod: options.startPeriod,
    },
    check: async () => {
      checks.push(time.now());
      const passed = options.passes(time.now());
      await new Promise<void>((resolve) => {
        if (options.lastsMs === undefined) resolve();
        else time.after(options.lastsMs, resolve);
      });
      return passed;
    },
    onChange: (status) => changes.push([time.now(), status]),
    clock: time,
    timers: time,
  });
  return { time, checks, changes, stop };
}

test('the first check runs at once, the next ones an interval after the one before', async () => {
  const { time, checks, changes } = watch({ passes: () => true });

  await time.advance(20_000);

  expect(checks).toEqual([0, 10_000, 20_000]);
  expect(changes).toEqual([[0, 'HEALTHY']]);
});

test('as many failures in a row as retries make it unhealthy, one success healthy', async () => {
  const { time, changes } = watch({ passes: (ms) => ms === 0 || ms === 20_000 || ms >= 50_000 });

  await time.advance(60_000);

  expect(changes).toEqual([
    [0, 'HEALTHY'],
    [40_000, 'UNHEALTHY'],
    [50_000, 'HEALTHY'],
  ]);
});

test('in the start period failures do not count and quick ones are repeated soon', async () => {
  const { time, checks, changes } = watch({ passes: (ms) => ms >= 400, startPeriod: 60 });

  await time.advance(1000);

  expect(checks).toEqual([0, 100, 250, 475]);
  expect(changes).toEqual([[475, 'HEALTHY']]);
});

test('in the start period a check that took its time is repeated at once', async () => {
  const { time, checks } = watch({ passes: () => false, lastsMs: 1500, startPeriod: 60 });

  await time.advance(4000);

  expect(checks).toEqual([0, 1500, 3000]);
});

test('after the start period failures count', async () => {
  const { time, changes } = watch({ passes: () => false, startPeriod: 30 });

  await time.advance(60_000);

  expect(changes).toHaveLength(1);
  expect(changes[0]![0]).toBeGreaterThanOrEqual(40_000);
  expect(changes[0]![1]).toBe('UNHEALTHY');
});

test('a watch that was ended says nothing more', async () => {
  const { time, changes, stop } = watch({ passes: () => true, lastsMs: 1000 });

  stop();
  await time.advance(60_000);

  expect(changes).toEqual([]);
});
