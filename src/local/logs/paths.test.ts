import { expect, test } from 'vitest';
import { fromFileName, groupFolder, streamFile, toFileName } from './paths.ts';

test.each(['/headrace/Endpoints/abalone', '.', '..', '../../etc', 'a b', 'v/container-1/0af'])(
  'the name %s becomes one file name and comes back',
  (name) => {
    const fileName = toFileName(name);

    expect(fileName).not.toMatch(/[/\\]|^\.+$/);
    expect(fromFileName(fileName)).toBe(name);
  },
);

test('no name leads out of the folder', () => {
  expect(groupFolder('/logs', '..')).toBe('/logs/%2E%2E');
  expect(streamFile('/logs', 'g', '../../x')).toBe('/logs/g/..%2F..%2Fx.log');
});

test('a name too long for the file system is refused', () => {
  expect(() => toFileName('a'.repeat(300))).toThrow('cannot become a file name');
});
