import {
  GetObjectCommand,
  HeadObjectCommand,
  NotFound,
  paginateListObjectsV2,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { parseS3Uri } from '../aws/s3-uri.ts';
import type { BatchConfig } from './config.ts';
import { JobFailure } from './object-failure.ts';

/** An object to transform, as it was when it was listed. */
export interface InputObject {
  bucket: string;
  key: string;
  etag: string;
  /** Bytes as they are stored. */
  size: number;
  versionId?: string | undefined;
  /** Where its output goes. */
  outputKey: string;
}

type Source = Pick<BatchConfig, 'source' | 'output'>;

/**
 * Every object that the job is to read (reference section 2.9), in pages.
 * @throws JobFailure when the input cannot be listed at all
 */
export async function* listInput(
  s3: S3Client,
  { source, output }: Source,
  signal: AbortSignal,
): AsyncGenerator<InputObject[]> {
  const outputKeyOf = (key: string, prefix: string) => outputKey(key, prefix, output.prefix);
  try {
    switch (source.kind) {
      case 'prefix':
        yield* byPrefix(s3, source.bucket, source.prefix, outputKeyOf, signal);
        return;
      case 'manifest':
        yield* byManifest(s3, source, outputKeyOf, signal);
        return;
      case 'object': {
        const { bucket, key, versionId, etag } = source;
        const found = await head(s3, bucket, key, signal, versionId);
        yield [
          {
            ...found,
            ...(etag !== undefined && { etag }),
            versionId,
            outputKey: outputKeyOf(key, key),
          },
        ];
      }
    }
  } catch (error) {
    if (!(error instanceof S3ServiceException) || error.$fault !== 'client') throw error;
    throw new JobFailure(
      `ClientError: The input s3://${source.bucket} could not be listed: ${error.name}: ${error.message}. ` +
        'Check that the bucket exists, and that the role may list and read it.',
    );
  }
}

async function* byPrefix(
  s3: S3Client,
  bucket: string,
  prefix: string,
  outputKeyOf: (key: string, prefix: string) => string,
  signal: AbortSignal,
): AsyncGenerator<InputObject[]> {
  const pages = paginateListObjectsV2(
    { client: s3 },
    { Bucket: bucket, Prefix: prefix },
    { abortSignal: signal },
  );
  for await (const { Contents = [] } of pages) {
    yield Contents.flatMap(({ Key: key = '', ETag: etag = '', Size: size = 0 }) => {
      // What consoles make to show an empty folder.
      if (key.endsWith('/') && size === 0) return [];
      return [{ bucket, key, etag, size, outputKey: outputKeyOf(key, prefix) }];
    });
  }
}

const PAGE = 100;

async function* byManifest(
  s3: S3Client,
  { bucket, key }: { bucket: string; key: string },
  outputKeyOf: (key: string, prefix: string) => string,
  signal: AbortSignal,
): AsyncGenerator<InputObject[]> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), {
    abortSignal: signal,
  });
  const manifest = parseManifest((await Body?.transformToString()) ?? '', `s3://${bucket}/${key}`);
  for (let from = 0; from < manifest.keys.length; from += PAGE) {
    const page = manifest.keys.slice(from, from + PAGE);
    yield await Promise.all(
      page.map(async (one) => ({
        ...(await head(s3, manifest.bucket, one, signal)),
        outputKey: outputKeyOf(one, manifest.prefix),
      })),
    );
  }
}

/**
 * `[{"prefix": "s3://bucket/some/prefix/"}, "a.csv", …]`. A name that stands twice counts once.
 * @throws JobFailure
 */
function parseManifest(text: string, uri: string) {
  const wrong = (why: string) => new JobFailure(`ClientError: The manifest ${uri} ${why}.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw wrong('is not JSON');
    throw error;
  }
  const [head, ...names] = Array.isArray(value) ? value : [];
  const prefix: unknown =
    typeof head === 'object' && head !== null ? Reflect.get(head, 'prefix') : '';
  const place = parseS3Uri(String(prefix));
  if (place === undefined) throw wrong('must begin with {"prefix": "s3://bucket/…"}');
  if (!names.every((name) => typeof name === 'string')) throw wrong('must list names only');
  const { bucket, key } = place;
  return { bucket, prefix: key, keys: [...new Set(names.map((name) => key + name))] };
}

async function head(
  s3: S3Client,
  bucket: string,
  key: string,
  signal: AbortSignal,
  versionId?: string,
) {
  try {
    const { ETag: etag = '', ContentLength: size = 0 } = await s3.send(
      new HeadObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }),
      { abortSignal: signal },
    );
    return { bucket, key, etag, size };
  } catch (error) {
    // One name of a manifest that is not there is that object's failure, when it is read.
    if (error instanceof NotFound) return { bucket, key, etag: '"none"', size: 1 };
    throw error;
  }
}

/**
 * The key of the output: `.out` behind the part of the key that follows the prefix's folder. When
 * the prefix is the whole key, its file name (reference section 2.9).
 */
function outputKey(key: string, inputPrefix: string, outputPrefix: string): string {
  const folder = inputPrefix.slice(0, inputPrefix.lastIndexOf('/') + 1);
  const separator = outputPrefix === '' || outputPrefix.endsWith('/') ? '' : '/';
  return `${outputPrefix}${separator}${key.slice(folder.length)}.out`;
}
