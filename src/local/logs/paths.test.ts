import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromPath, groupFolder, streamFile, streamOfFile, toPath } from './paths.ts';

test('the path of a group and a stream is what a person expects', () => {
  expect(streamFile('/logs', '/headrace/Endpoints/abalone', 'v/container-1/0af')).toBe(
    '/logs/headrace/Endpoints/abalone/v/container-1/0af.log',
  );
});

test('every name comes back from its path', () => {
  const part = fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom('', '.', '..', '%', 'a b'));
  const names = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));

  fc.assert(
    fc.property(names, (name) => {
      fc.pre(name.isWellFormed() && name !== '');
      expect(fromPath(toPath(name))).toBe(name);
      expect(streamOfFile('/logs/g', streamFile('/logs', '/g', name))).toBe(name);
    }),
  );
});

test('no name leads out of the folder', () => {
  expect(groupFolder('/logs', '/..')).toBe('/logs/%2E%2E');
  expect(streamFile('/logs', '/g', '../../x')).toBe('/logs/g/%2E%2E/%2E%2E/x.log');
});

test('a name too long for the file system is refused', () => {
  expect(() => toPath(`/${'a'.repeat(300)}`)).toThrow('cannot become a file name');
});
