import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LogStore } from './log-store.ts';
import { logsOperations } from './operations.ts';

let dir: string;
let now: number;
let store: LogStore;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'logs-'));
  now = Date.UTC(2026, 0, 1);
  store = new LogStore({ dir, clock: { now: () => now }, report: fail, rotateAtBytes: 400 });
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

function fail(problem: string): never {
  throw new Error(problem);
}

interface Events {
  events: { timestamp: number; message: string; logStreamName?: string }[];
  nextForwardToken: string;
  nextBackwardToken: string;
  nextToken?: string;
}

function call(operation: string, input: object): Events {
  const context = { store, clock: { now: () => now }, region: 'us-east-1', account: '0' };
  return logsOperations[operation]?.(context, input) as Events;
}

function write(stream: string, ...lines: string[]): void {
  const writer = store.openWriter('g', stream);
  for (const line of lines) writer.write([line]);
  writer.close();
}

const stream = { logGroupName: 'g', logStreamName: 's' };

test('lines lie in a plain file with their time', () => {
  call('CreateLogGroup', { logGroupName: '/a/b' });

  store.openWriter('/a/b', 'v/c/1').write(['hello world']);

  const file = join(dir, 'a/b/v/c/1.log');
  expect(readFileSync(file, 'utf8')).toBe('2026-01-01T00:00:00.000Z hello world\n');
});

test('GetLogEvents gives the latest events, and what comes before and after them', () => {
  call('CreateLogGroup', { logGroupName: 'g' });
  write('s', 'one', 'two', 'three', 'four');

  const latest = call('GetLogEvents', { ...stream, limit: 2 });
  const before = call('GetLogEvents', { ...stream, limit: 2, nextToken: latest.nextBackwardToken });
  write('s', 'five');
  const after = call('GetLogEvents', { ...stream, nextToken: latest.nextForwardToken });
  const nothing = call('GetLogEvents', { ...stream, nextToken: after.nextForwardToken });

  expect(latest.events.map(({ message }) => message)).toEqual(['three', 'four']);
  expect(before.events.map(({ message }) => message)).toEqual(['one', 'two']);
  expect(after.events).toEqual([{ timestamp: now, ingestionTime: now, message: 'five' }]);
  expect(nothing.events).toEqual([]);
  expect(nothing.nextForwardToken).toBe(after.nextForwardToken);
});

test('reading from the head page by page gives every line once, across a rotation too', () => {
  call('CreateLogGroup', { logGroupName: 'g' });
  const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);
  for (const line of lines) {
    now += line.endsWith('0') ? 1 : 0;
    write('s', line);
  }
  const read: string[] = [];

  let page = call('GetLogEvents', { ...stream, limit: 5, startFromHead: true });
  while (page.events.length > 0) {
    read.push(...page.events.map(({ message }) => message));
    page = call('GetLogEvents', { ...stream, limit: 5, nextToken: page.nextForwardToken });
  }

  expect(read).toEqual(lines);
  expect(readdirSync(join(dir, '%-/g'))).toContain('s.log.old');
});

test('a stream keeps one older file, however much is written', () => {
  call('CreateLogGroup', { logGroupName: 'g' });

  write('s', ...Array.from({ length: 200 }, (_, index) => `line ${index}`));

  const { events } = call('GetLogEvents', stream);
  expect(readdirSync(join(dir, '%-/g')).sort()).toEqual(['group.json', 's.log', 's.log.old']);
  expect(events.at(-1)?.message).toBe('line 199');
  expect(events.length).toBeLessThan(30);
});

test('FilterLogEvents merges the streams that are named by time', () => {
  call('CreateLogGroup', { logGroupName: 'g' });
  write('a', '1');
  now += 10;
  write('b', '2');
  now += 10;
  write('a', '3');
  write('c', 'other');

  const names = { logGroupName: 'g', logStreamNames: ['a', 'b'] };
  const first = call('FilterLogEvents', { ...names, limit: 2 });
  const rest = call('FilterLogEvents', { ...names, limit: 2, nextToken: first.nextToken });

  expect([...first.events, ...rest.events].map(({ message }) => message)).toEqual(['1', '2', '3']);
  expect(rest.nextToken).toBeUndefined();
});

test('a deleted group is gone, and who still writes to it does not bring it back', () => {
  call('CreateLogGroup', { logGroupName: 'g' });
  const writer = store.openWriter('g', 's');

  call('DeleteLogGroup', { logGroupName: 'g' });
  writer.write(['late']);
  writer.close();

  expect(existsSync(join(dir, '%-/g'))).toBe(false);
  expect(() => call('GetLogEvents', stream)).toThrow('The specified log group does not exist.');
});

test('groups: double creation, retention, unknown names', () => {
  call('CreateLogGroup', { logGroupName: 'g' });
  call('PutRetentionPolicy', { logGroupName: 'g', retentionInDays: 7 });

  expect(() => call('CreateLogGroup', { logGroupName: 'g' })).toThrow('already exists');
  expect(call('DescribeLogGroups', { logGroupNamePrefix: 'g' })).toMatchObject({
    logGroups: [{ logGroupName: 'g', retentionInDays: 7 }],
  });
  expect(() => call('GetLogEvents', stream)).toThrow('The specified log stream does not exist.');
  expect(() => call('PutRetentionPolicy', { logGroupName: 'x', retentionInDays: 1 })).toThrow(
    'The specified log group does not exist.',
  );
  expect(() => call('GetLogEvents', { ...stream, limit: 0 })).toThrow('limit');
});

test('a group of which the file is damaged is there all the same, as the others are', () => {
  call('CreateLogGroup', { logGroupName: '/a/b' });
  call('CreateLogGroup', { logGroupName: 'g' });
  writeFileSync(join(dir, 'a/b/group.json'), '');

  const names = store.groups().map(({ name }) => name);

  expect(names).toEqual(['/a/b', 'g']);
  call('PutRetentionPolicy', { logGroupName: '/a/b', retentionInDays: 7 });
  expect(store.group('/a/b')).toMatchObject({ name: '/a/b', retentionInDays: 7 });
});
