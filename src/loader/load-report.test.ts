import { expect, it } from 'vitest';
import { type LoadFailure, parseLoadFailure } from './load-report.ts';

const failure: LoadFailure = { event: 'load-failed', stage: 'container-2', message: 'No.' };

it('reads a failure from its line', () => {
  expect(parseLoadFailure(JSON.stringify(failure))).toEqual(failure);
});

it.each([
  ['text', 'it says "load-failed" here'],
  ['a success', '{"event":"loaded","stage":"a","files":1,"bytes":1,"seconds":1}'],
  ['a line cut short', JSON.stringify(failure).slice(0, 40)],
  ['a failure without a stage', '{"event":"load-failed","message":"x"}'],
])('does not take %s for a failure', (_, line) => {
  expect(parseLoadFailure(line)).toBeUndefined();
});
