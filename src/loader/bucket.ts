import type { Readable } from 'node:stream';
import { GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { MAX_ENTRIES } from './file-tree.ts';
import { LoadError } from './load-error.ts';

/** An object of a listing. */
export interface Listed {
  readonly key: string;
  readonly size: number;
}

/** The content of one object, as a stream that the caller must read or destroy. */
export async function openObject(
  s3: S3Client,
  bucket: string,
  key: string,
  signal: AbortSignal,
): Promise<Readable> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), {
    abortSignal: signal,
  });
  if (!Body) throw new Error('the object has no body');
  return Body as Readable;
}

/** All objects under a prefix. @throws LoadError when there are too many. */
export async function listObjects(
  s3: S3Client,
  bucket: string,
  prefix: string,
  signal: AbortSignal,
): Promise<Listed[]> {
  const objects: Listed[] = [];
  const pages = paginateListObjectsV2(
    { client: s3 },
    { Bucket: bucket, Prefix: prefix },
    {
      abortSignal: signal,
    },
  );
  for await (const { Contents = [] } of pages) {
    for (const { Key = '', Size = 0 } of Contents) objects.push({ key: Key, size: Size });
    if (objects.length > MAX_ENTRIES) {
      throw new LoadError(
        `There are more than ${MAX_ENTRIES} objects at s3://${bucket}/${prefix}. Pack them into fewer.`,
      );
    }
  }
  return objects;
}
