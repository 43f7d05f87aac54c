import { expect, test } from 'vitest';
import { parseCommandLine, UsageError } from './command-line.ts';

const parse = (line: string, environment = {}) => parseCommandLine(line.split(' '), environment);

test.each([
  [
    'create --name ci --allow invoke --endpoints abalone-*,iris --stage prod --region eu-west-1',
    {
      command: 'create',
      name: 'ci',
      allow: ['invoke'],
      endpoints: ['abalone-*', 'iris'],
      stack: 'headrace-prod',
      region: 'eu-west-1',
      endpoint: undefined,
    },
  ],
  [
    'create --name ci --allow read,invoke --allow read --local',
    { allow: ['read', 'invoke'], stack: 'headrace', endpoint: 'http://127.0.0.1:4683' },
  ],
  ['list --stack mine-prod --json', { command: 'list', stack: 'mine-prod', json: true }],
  ['list', { stack: 'headrace-dev', json: false }],
  ['rotate --name ci', { selection: { name: 'ci' }, overlapMs: 86_400_000 }],
  ['rotate HRAKAAAAAAAAAAAAAAAA --overlap 30m', { overlapMs: 1_800_000 }],
  ['revoke HRAKAAAAAAAAAAAAAAAA', { selection: { id: 'HRAKAAAAAAAAAAAAAAAA' } }],
  ['revoke --all', { selection: 'all' }],
])('%s', (line, expected) => {
  expect(parse(line)).toMatchObject(expected);
});

test('the stack on this machine is found by its port', () => {
  const { endpoint } = parse('list --local', { HEADRACE_ECS_PORT: '5683' });

  expect(endpoint).toBe('http://127.0.0.1:5683');
});

test.each([
  ['', /There are: create, list, rotate, revoke/],
  ['delete', /no "delete"/],
  ['create --allow read', /needs a --name/],
  ['create --name a/b --allow read', /needs a --name/],
  ['create --name ci', /--allow with admin, or read, or invoke/],
  ['create --name ci --allow write', /--allow write: a right is one of admin, read, invoke/],
  ['create --name ci --allow admin --endpoints x', /limits --allow invoke/],
  ['create --name ci --allow invoke --endpoints a?b', /--endpoints a\?b: a pattern is/],
  ['create ci --name ci --allow read', /create takes no "ci"/],
  ['create --name ci --allow read --overlap 1h', /create takes no --overlap/],
  ['create --name ci --allow read --frob', /--frob/],
  ['list --name ci', /list takes no --name/],
  ['rotate', /Say which key/],
  ['rotate HRAK --name ci', /Say which key/],
  ['rotate --name ci --overlap soon', /--overlap soon: it is a time/],
  ['revoke', /Say which key/],
  ['revoke HRAK --all', /Say which key/],
  ['revoke HRAKA HRAKB', /Say which key/],
  ['list --stack AWS', /cannot be the name of a stack/],
])('"%s" is refused', (line, message) => {
  expect(() => parse(line)).toThrow(UsageError);
  expect(() => parse(line)).toThrow(message);
});
