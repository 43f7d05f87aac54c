import { expect, test } from 'vitest';
import { exitOf } from './exit.ts';

test.each([
  ['an exit code', { ExitCode: 3, OOMKilled: false, Error: '' }, { exitCode: 3 }],
  [
    'the memory limit',
    { ExitCode: 137, OOMKilled: true },
    { exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' },
  ],
  // A child was killed, and the container went on to its good end.
  ['a child’s death', { ExitCode: 0, OOMKilled: true }, { exitCode: 0 }],
  [
    'a start that failed',
    { ExitCode: 128, OOMKilled: false, Error: 'no such device' },
    { exitCode: 128, reason: 'CannotStartContainerError: no such device' },
  ],
])('%s in ECS’s words', (_, state, exit) => {
  expect(exitOf(state)).toEqual(exit);
});
