import { expect, test } from 'vitest';
import { parseSettings, StartError } from './settings.ts';

test('images are built on Node’s, and need SageMaker’s label, unless a setting says otherwise', () => {
  const set = { HEADRACE_NODE_IMAGE: 'node:mine', HEADRACE_BIND_TO_PORT_LABEL: 'warn' };

  expect(parseSettings({})).toMatchObject({
    nodeImage: 'node:24-alpine',
    bindToPortLabel: 'require',
  });
  expect(parseSettings(set)).toMatchObject({ nodeImage: 'node:mine', bindToPortLabel: 'warn' });
});

test.each([
  [
    { HEADRACE_BIND_TO_PORT_LABEL: 'no' },
    'HEADRACE_BIND_TO_PORT_LABEL is "no"; it must be require, or warn.',
  ],
  [{ HEADRACE_PORT: '70000' }, 'HEADRACE_PORT is "70000"; it must be a port, 0 to 65535.'],
])('%o is refused by name', (variables, message) => {
  expect(() => parseSettings(variables)).toThrow(new StartError(message));
});
