import { expect, test } from 'vitest';
import { embeddedMetrics } from '../local/cloudwatch/embedded-metrics.ts';
import { ShareMetrics } from './share-metrics.ts';

const counts = (objectsDone: number, recordsDone: number, recordsFailed = 0) => ({
  objectsDone,
  objectsFailed: 0,
  recordsDone,
  recordsFailed,
});

function world(told = counts(0, 0)) {
  const clock = { time: 1_000_000 };
  const lines: string[] = [];
  const metrics = new ShareMetrics({
    job: 'nightly',
    told,
    print: (line) => lines.push(line),
    now: () => clock.time,
  });
  /** Of the job, in the order in which they were told. */
  const toldOf = (name: string) =>
    lines
      .flatMap((line) => embeddedMetrics(line, clock.time))
      .filter(({ id }) => id.MetricName === name && id.Dimensions.length === 1)
      .map(({ values }) => values.sum);
  return { clock, lines, metrics, toldOf };
}

test('tells what is new every ten seconds, and how fast that went', () => {
  const { clock, metrics, toldOf } = world();

  clock.time += 9_000;
  metrics.soon(counts(1, 90));
  clock.time += 1_000;
  metrics.soon(counts(1, 100));
  clock.time += 5_000;
  metrics.tell(counts(2, 120, 3));

  expect(toldOf('ObjectsDone')).toEqual([1, 1]);
  expect(toldOf('RecordsDone')).toEqual([100, 20]);
  expect(toldOf('RecordsFailed')).toEqual([0, 3]);
  expect(toldOf('RecordsPerSecond')).toEqual([10, 4]);
});

test('what an earlier worker has told is not told again, and what is done anew neither', () => {
  const { clock, metrics, toldOf } = world(counts(1, 50));

  for (const records of [30, 60, 55, 70]) {
    clock.time += 10_000;
    metrics.soon(counts(1, records));
  }

  expect(toldOf('RecordsDone')).toEqual([0, 10, 0, 10]);
  expect(toldOf('ObjectsDone')).toEqual([0, 0, 0, 0]);
});

test('is there by job, and of all jobs together', () => {
  const { clock, metrics, lines } = world();

  metrics.tell(counts(1, 1));

  const [line = ''] = lines;
  expect(embeddedMetrics(line, clock.time).map(({ id }) => id)).toContainEqual({
    Namespace: 'Headrace/TransformJobs',
    MetricName: 'RecordsDone',
    Dimensions: [{ Name: 'TransformJobName', Value: 'nightly' }],
  });
  expect(
    embeddedMetrics(line, clock.time).filter(({ id }) => id.Dimensions.length === 0),
  ).toHaveLength(4);
});
