/** Some values of a metric, taken together. Values themselves are not kept. */
export interface Summary {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /**
   * How many values lie in each logarithmic bin, for percentiles. Absent when all values are the same,
   * and `unknown` where a percentile has no meaning: negative values, or a statistic set of several.
   */
  readonly bins?: ReadonlyMap<number, number> | 'unknown';
}

export const STATISTICS = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'] as const;
export const PERCENTILE = /^p(100|\d{1,2}(\.\d{1,10})?)$/;

/** Neighbouring bins are this far apart, so a percentile is off by half a percent at most. */
const BIN_RATIO = Math.log(1.01);
const ZERO_BIN = Number.NEGATIVE_INFINITY;

export function summaryOf(value: number, count = 1): Summary {
  return { count, sum: value * count, min: value, max: value };
}

export function merge(a: Summary, b: Summary): Summary {
  const merged = {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
  };
  if (merged.min === merged.max) return merged;
  return { ...merged, bins: mergeBins(binsOf(a), binsOf(b)) };
}

/**
 * @param statistic one of STATISTICS, or a percentile `p0` to `p100`
 * @returns undefined for a percentile that cannot be told
 */
export function statisticOf(summary: Summary, statistic: string): number | undefined {
  switch (statistic) {
    case 'SampleCount':
      return summary.count;
    case 'Average':
      return summary.sum / summary.count;
    case 'Sum':
      return summary.sum;
    case 'Minimum':
      return summary.min;
    case 'Maximum':
      return summary.max;
    default:
      return percentile(summary, Number(statistic.slice(1)) / 100);
  }
}

/** How much room a summary takes, in numbers. */
export function cellsOf({ bins }: Summary): number {
  return 1 + (bins instanceof Map ? bins.size : 0);
}

function percentile(summary: Summary, part: number): number | undefined {
  const bins = binsOf(summary);
  if (bins === 'unknown') return undefined;
  if (part >= 1) return summary.max;
  let left = part * summary.count;
  let value = summary.min;
  for (const [bin, count] of [...bins].sort(([a], [b]) => a - b)) {
    value = Math.exp(bin * BIN_RATIO);
    left -= count;
    if (left <= 0) break;
  }
  return Math.min(summary.max, Math.max(summary.min, value));
}

function binsOf({ bins, min, max, count }: Summary): NonNullable<Summary['bins']> {
  if (bins !== undefined) return bins;
  if (min < 0 || min !== max) return 'unknown';
  return new Map([[min === 0 ? ZERO_BIN : Math.round(Math.log(min) / BIN_RATIO), count]]);
}

function mergeBins(
  a: NonNullable<Summary['bins']>,
  b: NonNullable<Summary['bins']>,
): NonNullable<Summary['bins']> {
  if (a === 'unknown' || b === 'unknown') return 'unknown';
  const merged = new Map(a);
  for (const [bin, count] of b) merged.set(bin, (merged.get(bin) ?? 0) + count);
  return merged;
}
