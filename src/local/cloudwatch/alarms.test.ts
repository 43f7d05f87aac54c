import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { VirtualTime } from '../../../test/support/ecs/virtual-time.ts';
import type { Alarm } from './alarm.ts';
import { CloudWatch } from './cloudwatch.ts';

let dataDir: string;
let time: VirtualTime;
let problems: string[];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'cloudwatch-'));
  time = new VirtualTime();
  problems = [];
});

afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

function open(): CloudWatch {
  return new CloudWatch({
    dataDir,
    clock: time,
    timers: time,
    region: 'us-east-1',
    account: '000000000000',
    report: (problem) => problems.push(problem),
  });
}

function alarm(AlarmName: string): Alarm {
  return {
    AlarmName,
    AlarmArn: AlarmName,
    ActionsEnabled: true,
    OKActions: [],
    AlarmActions: [],
    InsufficientDataActions: [],
    Namespace: 'Mine',
    MetricName: 'Errors',
    Dimensions: [],
    Statistic: 'Sum',
    Period: 10,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'breaching',
    StateValue: 'OK',
    StateReason: '',
    stateUpdatedAt: 0,
    stateTransitionedAt: 0,
    setByHand: false,
    configuredAt: 0,
  };
}

/** No file can be written under this name. */
function blockWrites(): void {
  mkdirSync(join(dataDir, 'cloudwatch', 'alarms.json.tmp'));
}

test('what was put and not deleted is there after a restart', () => {
  const first = open();
  first.alarms.put([alarm('a'), alarm('b')]);
  first.alarms.delete(['a']);
  first.close();

  const second = open();

  expect(second.alarms.all()).toEqual([alarm('b')]);
});

test('a damaged file is told, with the way out', () => {
  mkdirSync(join(dataDir, 'cloudwatch'));
  writeFileSync(join(dataDir, 'cloudwatch', 'alarms.json'), '[{');

  expect(open).toThrow(/alarms\.json is damaged\. Mend it, or remove it/);
});

test('a change that cannot be written has not happened', () => {
  const { alarms } = open();
  blockWrites();

  expect(() => alarms.put([alarm('a')])).toThrow('EISDIR');
  expect(alarms.all()).toEqual([]);
});

test('an evaluation that fails is reported, and the next one follows', async () => {
  const cloudwatch = open();
  cloudwatch.alarms.put([alarm('a')]);
  blockWrites();

  await time.advance(5000);
  rmSync(join(dataDir, 'cloudwatch', 'alarms.json.tmp'), { recursive: true });
  await time.advance(5000);

  expect(problems).toEqual([expect.stringContaining('alarms were not evaluated: EISDIR')]);
  expect(cloudwatch.alarms.get('a')?.StateValue).toBe('ALARM');
});

test('after close nothing is evaluated any more', async () => {
  const cloudwatch = open();
  cloudwatch.alarms.put([alarm('a')]);

  cloudwatch.close();
  await time.advance(60_000);

  expect(cloudwatch.alarms.get('a')?.StateValue).toBe('OK');
});
