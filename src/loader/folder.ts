import { createWriteStream } from 'node:fs';
import { link, mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FileTree, linkStaysInside, PARTIAL } from './file-tree.ts';
import { LoadError } from './load-error.ts';

const DIRECTORY_MODE = 0o755;
const FILE_MODE = 0o644;
/** No setuid, no setgid, no sticky bit; and the stage's user, whoever that is, can read. */
const KEPT_MODE = 0o777;
const READABLE = 0o444;

/**
 * A stage's folder while its data is gathered. Everything goes to a folder inside it first, and up in
 * one go at the end: a stage never starts on half its data. (The folder itself may be a mount point,
 * so it cannot be replaced by a renamed one.)
 */
export class StageFolder {
  readonly #folder: string;
  readonly #partial: string;
  #tree = new FileTree();
  files = 0;
  bytes = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.#partial = join(folder, PARTIAL);
  }

  /** Begins, or begins again: nothing of an earlier try is kept. */
  async begin(): Promise<void> {
    this.#tree = new FileTree();
    this.files = 0;
    this.bytes = 0;
    await rm(this.#partial, { recursive: true, force: true });
    await mkdir(this.#partial, { recursive: true, mode: DIRECTORY_MODE });
  }

  async writeFile(
    segments: readonly string[],
    content: AsyncIterable<Buffer>,
    signal: AbortSignal,
    mode = FILE_MODE,
  ): Promise<void> {
    const path = await this.#placeFor(segments, 'file');
    const counted = new Transform({
      transform: (chunk: Buffer, _, done) => {
        this.bytes += chunk.length;
        done(null, chunk);
      },
    });
    const file = createWriteStream(path, { flags: 'wx', mode: (mode & KEPT_MODE) | READABLE });
    await pipeline(content, counted, file, { signal });
    this.files += 1;
  }

  async makeDirectory(segments: readonly string[]): Promise<void> {
    this.#tree.add(segments, 'directory');
    await mkdir(join(this.#partial, ...segments), { recursive: true, mode: DIRECTORY_MODE });
  }

  /** @throws LoadError when the target lies outside the folder. */
  async makeSymlink(segments: readonly string[], target: string): Promise<void> {
    if (!linkStaysInside(segments, target)) {
      throw new LoadError(
        `The archive has a link that leads out of it: "${segments.join('/')}" to "${target}". Pack the file itself (tar -h).`,
      );
    }
    await symlink(target, await this.#placeFor(segments, 'link'));
  }

  /** @throws LoadError when the target is not a file that came before. */
  async makeHardLink(segments: readonly string[], target: readonly string[]): Promise<void> {
    if (this.#tree.kindOf(target) !== 'file') {
      throw new LoadError(
        `The archive has a hard link to something that is not a file in it: "${segments.join('/')}" to "${target.join('/')}". Pack the file itself.`,
      );
    }
    if (segments.join('/') === target.join('/')) return;
    await link(join(this.#partial, ...target), await this.#placeFor(segments, 'file'));
    this.files += 1;
  }

  /** Moves the data to its place. Data of an earlier run is replaced. */
  async commit(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (name !== PARTIAL) await rm(join(this.#folder, name), { recursive: true, force: true });
    }
    for (const name of await readdir(this.#partial)) {
      await rename(join(this.#partial, name), join(this.#folder, name));
    }
    await rm(this.#partial, { recursive: true, force: true });
  }

  /** Gives the disk back after a failure. */
  async discard(): Promise<void> {
    await rm(this.#partial, { recursive: true, force: true });
  }

  /** A free place: its directory exists, and nothing is there. */
  async #placeFor(segments: readonly string[], kind: 'file' | 'link'): Promise<string> {
    const replaces = this.#tree.kindOf(segments) !== undefined;
    this.#tree.add(segments, kind);
    const path = join(this.#partial, ...segments);
    await mkdir(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
    if (replaces) await rm(path, { force: true });
    return path;
  }
}
