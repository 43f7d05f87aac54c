import { expect, test } from 'vitest';
import { recordOf } from '../../test/support/endpoints.ts';
import type { Swap, Update } from './endpoint-record.ts';
import { swapMoments, swapsWith } from './swaps.ts';

function updateOf(endpointConfigName: string, startedAt: number): Update {
  return {
    endpointConfigName,
    startedAt,
    generation: 'g2',
    shifted: 0,
    phase: 'launching',
    since: startedAt,
  };
}

test('each update is a moment at its beginning and one at its end; one that runs has no end', () => {
  const first = swapsWith(recordOf(0), updateOf('second', 1), 'in service', 2);
  const swaps = swapsWith(recordOf(0, { swaps: first }), updateOf('third', 3), 'rolled back', 4);

  expect(swapMoments(recordOf(0, { swaps, update: updateOf('fourth', 5) }))).toEqual([
    { at: 1, what: 'update to second' },
    { at: 2, what: 'second in service' },
    { at: 3, what: 'update to third' },
    { at: 4, what: 'third rolled back' },
    { at: 5, what: 'update to fourth' },
  ]);
  expect(swapMoments(recordOf(0))).toEqual([]);
});

test('the latest ten are kept', () => {
  let swaps: Swap[] = [];
  for (let n = 1; n <= 12; n += 1) {
    swaps = swapsWith(recordOf(0, { swaps }), updateOf(`c${n}`, n), 'in service', n);
  }

  expect(swaps).toHaveLength(10);
  expect(swaps[0]?.endpointConfigName).toBe('c3');
});
