import type { Seconds } from './metrics.ts';
import { merge, type Summary } from './summary.ts';

/** The seconds from `from`, gathered into `count` periods of `period` seconds; undefined where nothing came. */
export function periodsOf(
  seconds: Seconds,
  { from, period, count }: { from: number; period: number; count: number },
): (Summary | undefined)[] {
  const periods = new Array<Summary | undefined>(count).fill(undefined);
  for (const [second, values] of seconds) {
    const index = Math.floor((second - from) / period);
    if (index < 0 || index >= count) continue;
    const before = periods[index];
    periods[index] = before === undefined ? values : merge(before, values);
  }
  return periods;
}
