import { Readable } from 'node:stream';
import type { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { readObject } from './read-object.ts';

const TEXT = 'one two three four';
const OBJECT = { bucket: 'data', key: 'in/a', etag: '"1"', size: TEXT.length, outputKey: 'out/a' };

/** S3 with one object, whose answers end after `most` bytes. */
function shortS3(most: number) {
  const ranges: (string | undefined)[] = [];
  const send = async ({ input: { Range } }: GetObjectCommand) => {
    ranges.push(Range);
    const from = Number(Range?.match(/\d+/)?.[0] ?? 0);
    const bytes = Buffer.from(TEXT.slice(from, from + most));
    return { Body: Readable.from(bytes.length > 0 ? [bytes] : []) };
  };
  return { s3: { send } as unknown as S3Client, ranges };
}

async function read(s3: S3Client, signal: AbortSignal): Promise<string> {
  let text = '';
  for await (const chunk of readObject(s3, OBJECT, 'None', 0, signal)) text += chunk;
  return text;
}

test('an answer that ends early is asked for again from where it ended', async () => {
  const { s3, ranges } = shortS3(10);

  const text = await read(s3, AbortSignal.timeout(5_000));

  expect(text).toBe(TEXT);
  expect(ranges).toEqual([undefined, 'bytes=10-']);
});

test('answers without a byte are tried with pauses', async () => {
  const { s3, ranges } = shortS3(0);

  await expect(read(s3, AbortSignal.timeout(300))).rejects.toThrow(/abort/i);

  expect(ranges).toHaveLength(1);
});
