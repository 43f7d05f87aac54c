import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { type Listed, listObjects, openObject } from './bucket.ts';
import type { Source } from './config.ts';
import { keySegments } from './file-tree.ts';
import type { StageFolder } from './folder.ts';
import { inParallel } from './in-parallel.ts';
import { LoadError, notFound, toLoadError } from './load-error.ts';
import { unpack } from './unpack.ts';

const OBJECTS_AT_A_TIME = 4;

/**
 * Brings one source of model data into a stage's folder (reference: uncompressed model data rules):
 *
 * |          | None                                       | Gzip                                   |
 * | S3Object | one file, named by the key's last segment  | a .tar.gz, unpacked                    |
 * | S3Prefix | keys relative to the prefix become paths   | every object is a .tar.gz, unpacked    |
 *
 * @throws LoadError for data that is not there, not allowed or not right; other errors are worth
 * another try.
 */
export async function fetchSource(
  s3: S3Client,
  source: Source,
  folder: StageFolder,
  signal: AbortSignal,
): Promise<void> {
  const objects = await find(s3, source, signal);
  // Archives one after the other: a later one may replace a file of an earlier one.
  const atATime = source.compression === 'Gzip' ? 1 : OBJECTS_AT_A_TIME;

  await inParallel(objects, atATime, async ({ key }) => {
    const uri = `s3://${source.bucket}/${key}`;
    let content: Readable | undefined;
    try {
      content = await openObject(s3, source.bucket, key, signal);
      if (source.compression === 'Gzip') return await unpack(content, folder, uri, signal);
      await folder.writeFile(pathOf(key, source), content, signal);
    } catch (error) {
      throw lasting(error, uri);
    } finally {
      content?.destroy();
    }
  });
}

async function find(s3: S3Client, source: Source, signal: AbortSignal): Promise<Listed[]> {
  if (source.kind === 'S3Object') return [{ key: source.key, size: 0 }];
  let objects: Listed[];
  try {
    objects = await listObjects(s3, source.bucket, source.key, signal);
  } catch (error) {
    throw lasting(error, source.uri);
  }
  if (objects.length === 0) throw notFound(source.uri);
  const folderObject = objects.find(({ key, size }) => size === 0 && key.endsWith('/'));
  if (folderObject) {
    throw new LoadError(
      `There is a 0-byte "folder" object at s3://${source.bucket}/${folderObject.key}, which is no model data. Delete it (aws s3 rm).`,
    );
  }
  return objects;
}

function pathOf(key: string, { kind, key: prefix }: Source): string[] {
  return kind === 'S3Prefix' ? keySegments(key, prefix) : keySegments(key).slice(-1);
}

const CONNECTION_CODES = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** A download that broke off is thrown as it is, for another try; the rest is final. */
function lasting(error: unknown, uri: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return CONNECTION_CODES.has(code) ? error : toLoadError(error, uri);
}
