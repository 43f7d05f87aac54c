import { expect, test } from 'vitest';
import { restartDelayMs } from './plan-service.ts';

test('a service whose tasks keep dying is slowed down, up to a minute', () => {
  const delays = [1, 2, 3, 4, 5, 9, 100].map(restartDelayMs);

  expect(delays).toEqual([0, 500, 1000, 2000, 4000, 60_000, 60_000]);
});
