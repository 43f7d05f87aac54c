import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Health, watchHealth } from './health.ts';
import type { HealthReport } from './health-report.ts';
import type { PingResult } from './stage-client/index.ts';

const OK: PingResult = { kind: 'answered', status: 200 };
const stages = [
  { name: 'one', port: 1 },
  { name: 'two', port: 2 },
];

let pings: Record<number, PingResult>;
let timeouts: number[];
let lines: HealthReport[];
let health: Health;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  pings = { 1: OK, 2: { kind: 'refused' } };
  timeouts = [];
  lines = [];
  health = watchHealth({
    stages,
    ping: async (port, timeoutMs) => {
      timeouts.push(timeoutMs);
      return pings[port] ?? OK;
    },
    clock: { now: () => Date.now() },
    print: (line) => lines.push(JSON.parse(line)),
    pace: { everyMs: 5_000, failures: 2 },
  });
});

afterEach(async () => {
  await health.finish();
  vi.useRealTimers();
});

it('prints one report when every stage was pinged', async () => {
  await vi.advanceTimersByTimeAsync(1_000);

  expect(lines).toEqual([
    {
      event: 'health',
      time: '1970-01-01T00:00:00.000Z',
      final: false,
      stages: [
        { name: 'one', state: 'healthy', reason: '/ping answered 200', seconds: 0 },
        { name: 'two', state: 'starting', reason: 'never listened on port 2', seconds: 0 },
      ],
    },
  ]);
  expect(health.healthy()).toBe(false);
  expect(health.firstStarting()).toMatchObject({ name: 'two', seconds: 1 });
});

it('repeats it every ten seconds or so while a stage is starting', async () => {
  await vi.advanceTimersByTimeAsync(31_000);

  expect(lines.length).toBe(4);
  expect(lines.at(-1)?.stages[1]?.seconds).toBeGreaterThanOrEqual(30);
});

it('prints every change, and nothing while there is none', async () => {
  await vi.advanceTimersByTimeAsync(1_000);
  pings[2] = OK;
  await vi.advanceTimersByTimeAsync(60_000);
  pings[1] = { kind: 'answered', status: 503 };
  await vi.advanceTimersByTimeAsync(60_000);

  expect(lines.map((line) => line.stages.map(({ state }) => state))).toEqual([
    ['healthy', 'starting'],
    ['healthy', 'healthy'],
    ['failing', 'healthy'],
  ]);
  expect(health.healthy()).toBe(false);
  expect(health.firstStarting()).toBeUndefined();
});

it('looks once more, and no more after that, when it is finished', async () => {
  pings[2] = OK;
  await vi.advanceTimersByTimeAsync(1_000);
  pings[2] = { kind: 'refused' };
  timeouts = [];

  await health.finish();
  await vi.advanceTimersByTimeAsync(60_000);

  expect(timeouts).toEqual([1_000, 1_000]);
  expect(lines.at(-1)).toMatchObject({
    final: true,
    stages: [{ state: 'healthy' }, { state: 'failing', reason: 'stopped listening on port 2' }],
  });
});
