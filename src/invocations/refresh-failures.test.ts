import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RefreshFailures } from './refresh-failures.ts';

const DOWN = new Error('the table does not answer');

let lines: Record<string, unknown>[];
let clock: { time: number; now: () => number };
let failures: RefreshFailures;

beforeEach(() => {
  lines = [];
  const keep = (line: string) => void lines.push(JSON.parse(line));
  vi.spyOn(console, 'error').mockImplementation(keep);
  vi.spyOn(console, 'log').mockImplementation(keep);
  clock = { time: 0, now: () => clock.time };
  failures = new RefreshFailures(clock);
});

afterEach(() => void vi.restoreAllMocks());

it('is said when it begins, every five seconds with its number, and when it is over', () => {
  for (let request = 0; request < 1_200; request++) {
    clock.time = request * 10;
    failures.failed('abalone', DOWN);
  }
  clock.time = 12_500;
  failures.succeeded('abalone');

  const [first, ...later] = lines;
  expect(first).toMatchObject({
    level: 'warn',
    event: 'route-not-refreshed',
    endpoint: 'abalone',
    times: 1,
    error: 'Error: the table does not answer',
  });
  expect(later).toMatchObject([
    { event: 'route-not-refreshed', times: 500 },
    { event: 'route-not-refreshed', times: 500 },
    { level: 'info', event: 'route-refreshed-again', afterFailures: 1_200, seconds: 12.5 },
  ]);
});

it('is said of each endpoint apart, and anew when it begins again', () => {
  for (const endpoint of ['abalone', 'iris', 'abalone']) failures.failed(endpoint, DOWN);
  failures.succeeded('abalone');
  failures.succeeded('abalone');
  failures.failed('abalone', DOWN);

  expect(lines.map(({ event, endpoint }) => [event, endpoint])).toEqual([
    ['route-not-refreshed', 'abalone'],
    ['route-not-refreshed', 'iris'],
    ['route-refreshed-again', 'abalone'],
    ['route-not-refreshed', 'abalone'],
  ]);
});

it('is said when the clock was set back', () => {
  failures.failed('abalone', DOWN);
  clock.time = -3_600_000;
  failures.failed('abalone', DOWN);

  expect(lines).toHaveLength(2);
});

it('remembers a thousand endpoints and no more', () => {
  for (let endpoint = 0; endpoint <= 1_000; endpoint++) failures.failed(`e${endpoint}`, DOWN);
  failures.failed('e1', DOWN);
  expect(lines).toHaveLength(1_001);

  failures.failed('e0', DOWN);
  expect(lines).toHaveLength(1_002);
});
