import { describe, expect, test } from 'vitest';
import { EmbeddedMetricError, embeddedMetrics, hasEmbeddedMetrics } from './embedded-metrics.ts';

interface Directive {
  Namespace?: unknown;
  Dimensions?: unknown;
  Metrics?: unknown;
}

const DIRECTIVE = {
  Namespace: 'Mine',
  Dimensions: [['Place'], []],
  Metrics: [{ Name: 'Time', Unit: 'Microseconds' }, { Name: 'Errors' }],
};

const NOW = 1000;
const read = (given: string) => embeddedMetrics(given, NOW);

function line(directive: Directive = {}, members: object = {}, aws: object = {}): string {
  const CloudWatchMetrics = [{ ...DIRECTIVE, ...directive }];
  const _aws = { Timestamp: 1000, CloudWatchMetrics, ...aws };
  return JSON.stringify({ _aws, Place: 'here', Time: 1.5, Errors: [0, 1], ...members });
}

test('every metric is there under every set of dimensions', () => {
  const metrics = read(line());

  const here = [{ Name: 'Place', Value: 'here' }];
  expect(
    metrics.map(({ id, unit, at, values }) => [id, unit, at, values.count, values.sum]),
  ).toEqual([
    [{ Namespace: 'Mine', MetricName: 'Time', Dimensions: here }, 'Microseconds', 1000, 1, 1.5],
    [{ Namespace: 'Mine', MetricName: 'Time', Dimensions: [] }, 'Microseconds', 1000, 1, 1.5],
    [{ Namespace: 'Mine', MetricName: 'Errors', Dimensions: here }, 'None', 1000, 2, 1],
    [{ Namespace: 'Mine', MetricName: 'Errors', Dimensions: [] }, 'None', 1000, 2, 1],
  ]);
});

test('members that the specification does not know are ignored', () => {
  expect(read(line({}, { requestId: 'r', more: {} }, { LogGroup: 'g' }))).toHaveLength(4);
});

const names = (count: number) => Array.from({ length: count }, (_, index) => `d${index}`);

describe('refused', () => {
  test.each([
    ['what is not whole JSON', `2026-11-28 ${line()}`, 'not one JSON object'],
    ['no time', line({}, {}, { Timestamp: undefined }), '_aws.Timestamp'],
    ['a time with a fraction', line({}, {}, { Timestamp: 1.5 }), '_aws.Timestamp'],
    ['a time too far ahead', line({}, {}, { Timestamp: NOW + 7_200_001 }), 'two hours ahead'],
    ['no namespace', line({ Namespace: undefined }), 'Namespace'],
    ['no set of dimensions', line({ Dimensions: [] }), 'Dimensions'],
    ['more than 30 dimensions', line({ Dimensions: [names(31)] }), 'Dimensions.0'],
    ['more than 100 metrics', line({ Metrics: names(101).map((Name) => ({ Name })) }), 'Metrics'],
    ['a unit that is none', line({ Metrics: [{ Name: 'Time', Unit: 'µs' }] }), 'Unit'],
    ['a dimension that is not there', line({ Dimensions: [['Where']] }), 'Where'],
    ['a dimension that every object has', line({ Dimensions: [['toString']] }), 'toString'],
    ['a dimension that is a number', line({}, { Place: 1 }), 'Place'],
    ['a dimension that is empty', line({}, { Place: '' }), 'Place'],
    ['a metric that is not there', line({ Metrics: [{ Name: 'None' }] }), 'None'],
    ['a metric that is nested', line({ Metrics: [{ Name: 'a.b' }] }, { a: { b: 1 } }), 'a.b'],
    ['a metric that is text', line({}, { Time: '1' }), 'Time'],
    ['a line of more bytes than 1 MB', line({}, { note: 'µ'.repeat(600_000) }), '1 MB'],
    ['more than 100 values', line({}, { Time: new Array(101).fill(1) }), 'Time'],
  ])('%s', (_, given, member) => {
    expect(() => read(given)).toThrow(EmbeddedMetricError);
    expect(() => read(given)).toThrow(member);
  });
});

test.each([
  [line(), true],
  ['{"level":"info","event":"x"}', false],
  ['headrace ready', false],
])('%s', (given, expected) => {
  expect(hasEmbeddedMetrics(given)).toBe(expected);
});
