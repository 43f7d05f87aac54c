import { expect, test } from 'vitest';
import { Metrics } from './metrics.ts';
import { periodsOf } from './periods.ts';
import { merge, statisticOf, summaryOf } from './summary.ts';

const NOW = Date.UTC(2026, 0, 1);
const ID = { Namespace: 'Mine', MetricName: 'Errors', Dimensions: [] };
const named = (MetricName: string) => ({ ...ID, MetricName });

test.each([
  ['SampleCount', 1000],
  ['Average', 500.5],
  ['Sum', 500_500],
  ['Minimum', 1],
  ['Maximum', 1000],
])('%s', (statistic, expected) => {
  const summary = Array.from({ length: 1000 }, (_, index) => summaryOf(index + 1)).reduce(merge);

  expect(statisticOf(summary, statistic)).toBe(expected);
});

test.each([
  ['p50', 500],
  ['p90', 900],
  ['p99.9', 999],
  ['p100', 1000],
])('%s is within one percent', (statistic, expected) => {
  const summary = Array.from({ length: 1000 }, (_, index) => summaryOf(index + 1)).reduce(merge);

  const value = statisticOf(summary, statistic) ?? 0;

  expect(Math.abs(value - expected)).toBeLessThanOrEqual(expected / 100);
});

test('a percentile of zeros and of one value is exact; of negative values there is none', () => {
  const zeros = [summaryOf(0, 9), summaryOf(7)].reduce(merge);

  expect(statisticOf(zeros, 'p50')).toBe(0);
  expect(statisticOf(zeros, 'p99')).toBe(7);
  expect(statisticOf(summaryOf(7, 3), 'p1')).toBe(7);
  expect(statisticOf(merge(summaryOf(-1), summaryOf(1)), 'p50')).toBeUndefined();
});

test('dimensions tell metrics apart, whatever their order', () => {
  const metrics = new Metrics();
  const a = { Name: 'A', Value: '1' };
  const b = { Name: 'B', Value: '2' };

  metrics.add({ ...ID, Dimensions: [a, b] }, NOW, 'None', summaryOf(1));
  metrics.add({ ...ID, Dimensions: [b, a] }, NOW, 'None', summaryOf(1));
  metrics.add({ ...ID, Dimensions: [a] }, NOW, 'None', summaryOf(1));

  expect(metrics.all()).toHaveLength(2);
  const sums = [...(metrics.get({ ...ID, Dimensions: [a, b] })?.seconds.values() ?? [])];
  expect(sums).toEqual([{ count: 2, sum: 2, min: 1, max: 1 }]);
});

test('values are cut into periods, the end being exclusive', () => {
  const metrics = new Metrics();
  for (const second of [0, 9, 10, 29, 30]) {
    metrics.add(ID, NOW + second * 1000, 'None', summaryOf(1));
  }
  const { seconds } = metrics.get(ID) ?? { seconds: new Map() };

  const periods = periodsOf(seconds, { from: NOW / 1000, period: 10, count: 3 });

  expect(periods.map((one) => one?.count)).toEqual([2, 1, 1]);
});

test('what is older than three hours is forgotten, and a metric without values with it', () => {
  const metrics = new Metrics();
  metrics.add(named('old'), NOW, 'None', summaryOf(1));
  metrics.add(ID, NOW, 'None', summaryOf(1));
  metrics.add(ID, NOW + 3 * 3_600_000, 'None', summaryOf(1));

  metrics.forgetOld(NOW + 3 * 3_600_000 + 1000);

  expect(metrics.all().map(({ MetricName, seconds }) => [MetricName, seconds.size])).toEqual([
    ['Errors', 1],
  ]);
  expect(metrics.cells).toBe(1);
});

test('too many metrics: those that have been silent longest go', () => {
  const metrics = new Metrics({ mostMetrics: 2 });
  for (const name of ['a', 'b', 'a', 'c']) metrics.add(named(name), NOW, 'None', summaryOf(1));

  expect(metrics.all().map(({ MetricName }) => MetricName)).toEqual(['a', 'c']);
  expect(metrics.cells).toBe(2);
});

test('too many values: the oldest go, and the bound holds', () => {
  const metrics = new Metrics({ mostCells: 100 });
  for (let second = 0; second < 1000; second += 1) {
    metrics.add(ID, NOW + second * 1000, 'None', merge(summaryOf(1), summaryOf(second + 2)));
    expect(metrics.cells).toBeLessThanOrEqual(100);
  }

  const kept = [...(metrics.get(ID)?.seconds.keys() ?? [])];
  expect(kept.at(-1)).toBe(NOW / 1000 + 999);
  expect(kept.length).toBeGreaterThan(5);
});
