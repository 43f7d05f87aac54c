import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isForRows, JsonPathError, parseJsonPath, select } from './json-path.ts';

const RECORD = { id: 7, features: [1, 2, 3, 4], user: { name: 'x', age: 3 }, 'a b': true };

describe('select', () => {
  it.each<[string, unknown]>([
    ['$', RECORD],
    ['$.id', 7],
    ['$.features', [1, 2, 3, 4]],
    ['$.features[0]', 1],
    ['$.features[-1]', 4],
    ['$.features[0,2]', [1, 3]],
    ['$.features[1:3]', [2, 3]],
    ['$.features[2:]', [3, 4]],
    ['$.features[:-1]', [1, 2, 3]],
    ['$.user.name', 'x'],
    ["$['id','a b']", { id: 7, 'a b': true }],
    ["$['id','gone']", { id: 7 }],
    ["$['user']['age']", 3],
    ['$.user.*', ['x', 3]],
    ['$.features[*]', [1, 2, 3, 4]],
  ])('%s', (path, expected) => {
    expect(select(parseJsonPath(path), RECORD)).toEqual(expected);
  });

  it.each(['$.gone', '$.features[4]', '$.features[-5]', '$.features[0,9]', '$.id[0]', '$.id.x'])(
    '%s points at nothing, and says so',
    (path) => {
      expect(() => select(parseJsonPath(path), RECORD)).toThrow(JsonPathError);
    },
  );

  it('slices lists as JavaScript does, whatever the bounds', () => {
    const bound = fc.option(fc.integer({ min: -6, max: 6 }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(fc.integer(), { maxLength: 5 }), bound, bound, (list, from, to) => {
        const path = parseJsonPath(`$[${from ?? ''}:${to ?? ''}]`);

        expect(select(path, list)).toEqual(list.slice(from, to));
      }),
    );
  });
});

it.each(['', 'id', '$.', '$..id', '$[', "$['a", '$[?(@.x)]', '$[a]', '$.a b', "$['a'b]"])(
  'refuses %j',
  (path) => {
    expect(() => parseJsonPath(path)).toThrow(JsonPathError);
  },
);

it('knows which paths select columns', () => {
  expect(['$', '$[0]', '$[1:]', '$[*]'].map((path) => isForRows(parseJsonPath(path)))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(['$.a', "$['a']", '$[0][1]'].map((path) => isForRows(parseJsonPath(path)))).toEqual([
    false,
    false,
    false,
  ]);
});
