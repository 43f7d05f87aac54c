import { expect, test } from 'vitest';
import { serverTiming } from '../router/timing.ts';
import { stageTimes } from './stage-times.ts';

test('the stages that ran, without the router', () => {
  const hops = [
    { stage: 'container-1', ms: 1.234 },
    { stage: 'router', ms: 10 },
  ];

  expect(stageTimes(serverTiming(hops, 12))).toEqual([
    { name: 'container-1', ms: 1.23 },
    { name: 'router', ms: 10 },
  ]);
});

test('none ran, or nothing is told', () => {
  expect(stageTimes(serverTiming([], 1))).toEqual([]);
  expect(stageTimes(undefined)).toEqual([]);
  expect(stageTimes('what is this, or, that')).toEqual([]);
});
