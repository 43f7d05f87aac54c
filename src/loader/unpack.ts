import { type Readable, Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { tarSegments } from './file-tree.ts';
import type { StageFolder } from './folder.ts';
import { LoadError, notATar } from './load-error.ts';

/** The most that the archives of one stage may unpack to: 10 GiB. */
const MAX_UNPACKED_BYTES = 10 * 1024 ** 3;

/**
 * Unpacks a .tar.gz into a stage's folder. Files, directories, and links that stay inside are taken;
 * anything else in the archive is refused, as is one that is cut short or grows without end.
 * @throws LoadError, or an error of the stream that `archive` is.
 */
export async function unpack(
  archive: Readable,
  folder: StageFolder,
  uri: string,
  signal: AbortSignal,
  maxBytes = MAX_UNPACKED_BYTES,
): Promise<void> {
  let unzipped = 0;
  const counting = new Transform({
    transform(chunk: Buffer, _, done) {
      unzipped += chunk.length;
      done(null, chunk);
    },
  });
  const entries = extract();
  let announced = folder.bytes;
  // An error runs through all streams of the pipeline; the first one says what happened.
  let failure: unknown;
  const fail = (error: unknown): void => {
    failure ??= error;
  };

  entries.on('error', fail);
  entries.on('entry', (header, content, next) => {
    content.on('error', fail);
    announced += header.size;
    const taken =
      announced > maxBytes
        ? Promise.reject(tooLarge(uri, maxBytes))
        : takeEntry(header, content as AsyncIterable<Buffer> & typeof content, folder, signal);
    taken.then(
      () => next(),
      (error) => {
        fail(error);
        next(error);
      },
    );
  });

  try {
    await pipeline(archive, createGunzip(), counting, entries as unknown as Writable, { signal });
  } catch (error) {
    throw tarProblem(failure ?? error, uri);
  }
  if (unzipped === 0) throw notATar(uri, 'it is empty');
}

async function takeEntry(
  { name, type, mode, linkname }: Header,
  content: AsyncIterable<Buffer> & { resume(): unknown },
  folder: StageFolder,
  signal: AbortSignal,
): Promise<void> {
  const segments = tarSegments(name);
  const isRoot = segments.length === 0;
  if (isRoot && type === 'directory') {
    content.resume();
    return;
  }
  switch (type) {
    case 'file':
    case 'contiguous-file':
      return folder.writeFile(segments, content, signal, mode);
    case 'directory':
      content.resume();
      return folder.makeDirectory(segments);
    case 'symlink':
      content.resume();
      return folder.makeSymlink(segments, linkname);
    case 'link':
      content.resume();
      return folder.makeHardLink(segments, tarSegments(linkname));
    default:
      throw new LoadError(
        `The archive has an entry that is neither file, directory nor link: "${name}" (${type}). Leave it out.`,
      );
  }
}

function tooLarge(uri: string, maxBytes: number): LoadError {
  return new LoadError(
    `The model data at ${uri} unpacks to more than ${maxBytes} bytes. Give it as uncompressed objects under an S3Prefix, or make it smaller.`,
  );
}

/** tar-stream's own errors have no code: what it cannot read is not a tar archive. */
function tarProblem(error: unknown, uri: string): unknown {
  if (!(error instanceof Error) || error instanceof LoadError || 'code' in error) return error;
  if (error.name === 'AbortError') return error;
  return notATar(uri, error.message);
}
