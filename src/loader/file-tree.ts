import { LoadError } from './load-error.ts';

/** The folder, inside a stage's folder, in which the data is gathered before it is moved up. */
export const PARTIAL = '.headrace-partial';

export const MAX_ENTRIES = 100_000;
const MAX_NAME_BYTES = 255;

type EntryKind = 'file' | 'link' | 'directory';

/**
 * The rules for what may lie where, without touching a disk. A path that it accepts leads to a place
 * inside the folder: its segments are names, and none of those before the last is a symbolic link.
 */
export class FileTree {
  readonly #entries = new Map<string, EntryKind>();
  #count = 0;

  /**
   * Takes an entry in. An entry at the path of another one replaces it, as tar does, unless just one
   * of the two is a directory.
   * @throws LoadError when the path breaks a rule.
   */
  add(segments: readonly string[], kind: EntryKind): void {
    this.#count += 1;
    if (this.#count > MAX_ENTRIES) {
      throw new LoadError(`The model data has more than ${MAX_ENTRIES} entries. Pack fewer files.`);
    }
    checkSegments(segments);
    for (let depth = 1; depth < segments.length; depth += 1) {
      this.#set(segments.slice(0, depth).join('/'), 'directory');
    }
    this.#set(segments.join('/'), kind);
  }

  kindOf(segments: readonly string[]): EntryKind | undefined {
    return this.#entries.get(segments.join('/'));
  }

  #set(path: string, kind: EntryKind): void {
    const there = this.#entries.get(path);
    if (there !== undefined && (there === 'directory') !== (kind === 'directory')) {
      const what = there === 'link' || kind === 'link' ? 'link' : 'file';
      throw new LoadError(
        `The model data has both a ${what} and a directory at "${path}". Rename one of them.`,
      );
    }
    this.#entries.set(path, kind);
  }
}

/** A key's path below a prefix, or below nothing. S3 keys are taken literally. */
export function keySegments(key: string, prefix = ''): string[] {
  return key.slice(prefix.length).split('/');
}

/**
 * A tar entry's path. Archives made of "." begin every name with "./", directories end in "/".
 * @throws LoadError when it is absolute.
 */
export function tarSegments(name: string): string[] {
  if (name.startsWith('/')) {
    throw new LoadError(
      `The archive has an entry with an absolute path: "${name}". Pack relative paths.`,
    );
  }
  return name.split('/').filter((segment) => segment !== '' && segment !== '.');
}

/**
 * Whether a symbolic link at `segments` stays inside the folder. Only leading ".." may go up: after
 * the name of another link, ".." would lead somewhere else than the text says.
 */
export function linkStaysInside(segments: readonly string[], target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false;
  const steps = target.split('/').filter((step) => step !== '' && step !== '.');
  const ups = steps.findIndex((step) => step !== '..');
  const leading = ups < 0 ? steps.length : ups;
  return leading <= segments.length - 1 && !steps.slice(leading).includes('..');
}

function checkSegments(segments: readonly string[]): void {
  const path = segments.join('/');
  const say = (what: string): LoadError =>
    new LoadError(`The model data has a path ${what}: "${path}". Rename it.`);

  if (segments.length === 0) throw say('that is empty');
  if (segments[0] === PARTIAL) throw say('that the loader uses itself');
  for (const segment of segments) {
    if (segment === '') throw say('with an empty name in it');
    if (segment === '.' || segment === '..') throw say(`with "${segment}" in it`);
    if (segment.includes('\0')) throw say('with a NUL in it');
    if (Buffer.byteLength(segment) > MAX_NAME_BYTES) {
      throw say(`with a name of more than ${MAX_NAME_BYTES} bytes in it`);
    }
  }
}
