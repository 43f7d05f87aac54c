import { posix } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileTree, keySegments, linkStaysInside, tarSegments } from './file-tree.ts';
import { LoadError } from './load-error.ts';

const step = fc.constantFrom('a', 'b', '.', '..', '', 'long-name');
const path = fc.array(step, { minLength: 1, maxLength: 6 }).map((steps) => steps.join('/'));

describe('the path of a tar entry', () => {
  it.each([
    ['./model/a', ['model', 'a']],
    ['model/', ['model']],
    ['./', []],
    ['a//b', ['a', 'b']],
  ])('%s', (name, segments) => {
    expect(tarSegments(name)).toEqual(segments);
  });

  it('leads nowhere outside the folder, whatever it is, or is refused', () => {
    fc.assert(
      fc.property(path, (name) => {
        const segments = accepted(() => {
          const given = tarSegments(name);
          new FileTree().add(given, 'file');
          return given;
        });
        if (segments) expect(inside(posix.join('/folder', ...segments))).toBe(true);
      }),
    );
  });
});

describe('the path of a key', () => {
  it('is what follows the prefix', () => {
    expect(keySegments('models/a/b', 'models/')).toEqual(['a', 'b']);
  });

  it('is taken literally or refused, never rewritten', () => {
    fc.assert(
      fc.property(path, (key) => {
        const segments = accepted(() => {
          const given = keySegments(`prefix/${key}`, 'prefix/');
          new FileTree().add(given, 'file');
          return given;
        });
        if (segments) expect(posix.join('/folder', ...segments)).toBe(`/folder/${key}`);
      }),
    );
  });

  it.each([
    ['an empty segment', 'a//b'],
    ['a "folder"', 'a/'],
    ['nothing', ''],
    ['a NUL', 'a\0b'],
    ['a name that is too long', 'é'.repeat(128)],
    ['a dot', './a'],
    ['two dots', 'a/..'],
  ])('may not be %s', (_, key) => {
    expect(() => new FileTree().add(keySegments(key), 'file')).toThrow(LoadError);
  });

  it('may be as long as a file name can be', () => {
    expect(() => new FileTree().add(keySegments('x'.repeat(255)), 'file')).not.toThrow();
  });
});

describe('a link', () => {
  it.each([
    [true, 'l', 'a'],
    [true, 'l', '.'],
    [true, 'a/l', '../b'],
    [true, 'a/b/l', '../..'],
    [false, 'l', '..'],
    [false, 'a/l', '../../b'],
    [false, 'l', '/etc/passwd'],
    [false, 'a/b/l', 'c/../d'],
    [false, 'l', ''],
    [false, 'l', 'a\0b'],
  ])('stays inside: %s, %s to %s', (stays, link, target) => {
    expect(linkStaysInside(tarSegments(link), target)).toBe(stays);
  });

  it('that is taken leads inside, also by way of other links that were taken', () => {
    const link = fc.tuple(path, path);
    fc.assert(
      fc.property(fc.array(link, { minLength: 1, maxLength: 6 }), (links) => {
        const tree = new FileTree();
        const taken = new Map<string, string>();
        for (const [name, target] of links) {
          const segments = accepted(() => {
            const given = tarSegments(name);
            tree.add(given, 'link');
            return given;
          });
          if (segments && linkStaysInside(segments, target)) taken.set(segments.join('/'), target);
        }
        for (const name of taken.keys()) expect(resolves(name, taken)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a tree', () => {
  it('takes a file a second time, but no directory in its place', () => {
    const tree = new FileTree();
    tree.add(['a'], 'file');
    tree.add(['a'], 'file');

    expect(() => tree.add(['a', 'b'], 'file')).toThrow('both a file and a directory at "a"');
    expect(() => tree.add(['a'], 'directory')).toThrow(LoadError);
  });

  it('takes nothing below a link', () => {
    const tree = new FileTree();
    tree.add(['l'], 'link');

    expect(() => tree.add(['l', 'a'], 'file')).toThrow('both a link and a directory at "l"');
  });

  it('has an end', () => {
    const tree = new FileTree();
    for (let i = 0; i < 100_000; i += 1) tree.add(['a'], 'file');

    expect(() => tree.add(['a'], 'file')).toThrow('more than 100000 entries');
  });
});

function accepted<T>(take: () => T): T | undefined {
  try {
    return take();
  } catch (error) {
    if (error instanceof LoadError) return undefined;
    throw error;
  }
}

function inside(absolute: string): boolean {
  return absolute === '/folder' || absolute.startsWith('/folder/');
}

/** Follows a link as the kernel would, step by step, and says whether it ever leaves the folder. */
function resolves(name: string, links: ReadonlyMap<string, string>): boolean {
  const at: string[] = [];
  const todo = name.split('/');
  for (let steps = 0; steps < 500; steps += 1) {
    const next = todo.shift();
    if (next === undefined) return true;
    if (next === '' || next === '.') continue;
    if (next === '..') {
      if (at.pop() === undefined) return false;
      continue;
    }
    const target = links.get([...at, next].join('/'));
    if (target === undefined) at.push(next);
    else if (target.startsWith('/')) return false;
    else todo.unshift(...target.split('/'));
  }
  return true; // A loop: the kernel gives up, inside.
}
