import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { VirtualTime } from '../../../test/support/ecs/virtual-time.ts';
import { createMetricLine } from '../../aws/embedded-metrics.ts';
import { CloudWatch } from './cloudwatch.ts';

const line = createMetricLine([
  { namespace: 'Mine', dimensions: [['Place']], metrics: { Errors: 'Count' } },
]);

let dataDir: string;
let time: VirtualTime;
let cloudwatch: CloudWatch;
let problems: string[];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'cloudwatch-'));
  time = new VirtualTime();
  problems = [];
  cloudwatch = new CloudWatch({
    dataDir,
    clock: time,
    timers: time,
    region: 'us-east-1',
    account: '000000000000',
    report: (problem) => problems.push(problem),
  });
});

afterEach(() => {
  cloudwatch.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function sumOf(place: string): number | undefined {
  const Dimensions = [{ Name: 'Place', Value: place }];
  return cloudwatch.metrics.get({ Namespace: 'Mine', MetricName: 'Errors', Dimensions })?.total.sum;
}

test('every line of a text is taken, and a text of no metrics is nobody’s', () => {
  const text = ['here', 'there', 'here'].map((Place) => line(time.now(), { Place, Errors: 2 }));

  expect(cloudwatch.takeEmbedded(text.join(''))).toBe(true);
  expect(cloudwatch.takeEmbedded('{"event":"request-failed"}')).toBe(false);

  expect([sumOf('here'), sumOf('there')]).toEqual([4, 2]);
});

test('what is wrong is said once, and holds up no other line', () => {
  const wrong = line(time.now(), { Place: '', Errors: 1 });
  const right = line(time.now(), { Place: 'here', Errors: 1 });

  for (let count = 0; count < 3; count += 1) cloudwatch.takeEmbedded(wrong + right);

  expect(problems).toEqual([
    "a line's metrics were not taken: Place: must be 1 to 1024 characters of ASCII",
  ]);
  expect(sumOf('here')).toBe(3);
});
