import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { GetObjectCommand, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { InputObject } from './list-input.ts';
import { ObjectFailure } from './object-failure.ts';

/** Tries in a row without a byte; the SDK has its own for opening. */
const MOST_TRIES = 5;
const PAUSE_MS = 200;

/**
 * The bytes of an object from `offset` on, as it was listed. A connection that breaks is opened again
 * where it broke. Gzip is undone, and `offset` then counts decompressed bytes.
 * @throws ObjectFailure when the object is gone, was replaced, or is not gzip
 */
export async function* readObject(
  s3: S3Client,
  object: InputObject,
  compression: 'None' | 'Gzip',
  offset: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  if (compression === 'None') yield* rawBytes(s3, object, offset, signal);
  else yield* unzipped(rawBytes(s3, object, 0, signal), offset);
}

async function* rawBytes(
  s3: S3Client,
  object: InputObject,
  offset: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let at = offset;
  for (let tried = 1; at < object.size; tried++) {
    try {
      const stream = await open(s3, object, at, signal);
      for await (const chunk of stream) {
        const bytes = chunk as Buffer;
        at += bytes.length;
        tried = 0;
        yield bytes;
      }
      // It counts as a try, or an answer without bytes would be asked for again and again.
      if (at < object.size) throw new Error(`S3 ended its answer at byte ${at} of ${object.size}`);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ObjectFailure || tried >= MOST_TRIES) throw error;
      await sleep(PAUSE_MS * 2 ** tried, undefined, { signal });
    }
  }
}

async function open(
  s3: S3Client,
  { bucket, key, etag, versionId }: InputObject,
  offset: number,
  signal: AbortSignal,
): Promise<Readable> {
  try {
    const { Body } = await s3.send(
      new GetObjectCommand({
        Bucket: bucket,
        Key: key,
        VersionId: versionId,
        IfMatch: etag,
        ...(offset > 0 && { Range: `bytes=${offset}-` }),
      }),
      { abortSignal: signal },
    );
    if (Body === undefined) throw new Error('S3 gave no body');
    return Body as Readable;
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    const status = error.$metadata.httpStatusCode;
    if (status === 412) throw new ObjectFailure('the object was replaced while it was read');
    if (status === 404) throw new ObjectFailure('the object is no longer there');
    if (status === 403) throw new ObjectFailure(`S3 refused to read it: ${error.message}`);
    throw error;
  }
}

async function* unzipped(raw: AsyncGenerator<Buffer>, offset: number): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const feeding = feed(raw, gunzip);
  let left = offset;
  try {
    for await (const chunk of gunzip) {
      const bytes = chunk as Buffer;
      const skipped = Math.min(left, bytes.length);
      left -= skipped;
      if (skipped < bytes.length) yield bytes.subarray(skipped);
    }
  } catch (error) {
    // What broke the reading says more than that the stream was destroyed for it.
    const cause = await Promise.race([feeding, undefined]);
    if (cause !== undefined) throw cause;
    const why = error instanceof Error ? error.message : String(error);
    throw new ObjectFailure(`CompressionType is Gzip, but it cannot be decompressed: ${why}`);
  } finally {
    gunzip.destroy();
  }
}

/** Resolves with what went wrong with reading, if something did. */
async function feed(
  raw: AsyncGenerator<Buffer>,
  gunzip: ReturnType<typeof createGunzip>,
): Promise<unknown> {
  try {
    for await (const chunk of raw) {
      if (gunzip.destroyed) return undefined;
      if (!gunzip.write(chunk)) await drained(gunzip);
    }
    gunzip.end();
    return undefined;
  } catch (error) {
    gunzip.destroy(error instanceof Error ? error : new Error(String(error)));
    return error;
  }
}

function drained(stream: ReturnType<typeof createGunzip>): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      stream.off('drain', go).off('close', go);
      resolve();
    };
    stream.on('drain', go).on('close', go);
  });
}
