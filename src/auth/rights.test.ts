import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NOON } from '../../test/support/api.ts';
import { AccessKey, type Right } from './access-key.ts';
import { isAllowed, matches } from './rights.ts';

const ACTIONS: Record<Right, { name: string; right: Right; resource: string }> = {
  admin: { name: 'DeleteModel', right: 'admin', resource: '*' },
  read: { name: 'ListModels', right: 'read', resource: '*' },
  invoke: { name: 'InvokeEndpoint', right: 'invoke', resource: 'endpoint/abalone-1' },
};

function keyOf(allow: Right[], endpoints?: string[]): AccessKey {
  const record = { secret: 's', name: 'ci', allow, createdAt: NOON };
  return new AccessKey('HRAKAAAAAAAAAAAAAAAA', { ...record, ...(endpoints && { endpoints }) });
}

test.each<{ allow: Right[]; endpoints?: string[]; may: Right[] }>([
  { allow: ['admin'], may: ['admin', 'read', 'invoke'] },
  { allow: ['read'], may: ['read'] },
  { allow: ['invoke'], may: ['invoke'] },
  { allow: ['read', 'invoke'], may: ['read', 'invoke'] },
  { allow: ['invoke'], endpoints: ['abalone-*'], may: ['invoke'] },
  { allow: ['invoke'], endpoints: ['iris', 'abalone-1'], may: ['invoke'] },
  { allow: ['invoke'], endpoints: ['abalone'], may: [] },
  { allow: ['read', 'invoke'], endpoints: ['iris*'], may: ['read'] },
])('$allow on $endpoints may $may', ({ allow, endpoints, may }) => {
  const allowed = Object.values(ACTIONS).filter((action) =>
    isAllowed(keyOf(allow, endpoints), action),
  );

  expect(allowed.map(({ right }) => right)).toEqual(may);
});

test('a pattern matches as the regular expression would', () => {
  const part = fc.constantFrom('a', 'b', 'ab', '-', '*');
  const pattern = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(''));
  const text = fc.stringMatching(/^[ab-]{0,8}$/);
  fc.assert(
    fc.property(pattern, text, (given, name) => {
      const expression = new RegExp(`^${given.replaceAll('*', '.*')}$`);
      expect(matches(given, name)).toBe(expression.test(name));
    }),
    { numRuns: 2000 },
  );
});
