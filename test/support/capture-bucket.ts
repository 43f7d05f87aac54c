import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { startObjectStore } from '../../src/local/object-store.ts';

/** A line of a capture file, as far as tests look at it. */
export interface CaptureLine {
  captureData: Record<'endpointInput' | 'endpointOutput', { data: string; encoding: string }> & {
    stages?: { containerHostname: string; status: number; failure?: string; output?: object }[];
  };
  eventMetadata: { eventId: string; inferenceId?: string; inferenceTime: string };
}

/** Every line of every capture file below `prefix`. */
export async function captureLines(
  s3: S3Client,
  Bucket: string,
  Prefix: string,
): Promise<{ key: string; line: CaptureLine }[]> {
  const found: { key: string; line: CaptureLine }[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket, Prefix })) {
    for (const { Key: key = '' } of Contents) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: key }));
      const text = (await Body?.transformToString()) ?? '';
      for (const line of text.trimEnd().split('\n')) found.push({ key, line: JSON.parse(line) });
    }
  }
  return found;
}

/** S3 for routers of this process: threads that they start take it from the environment. */
export async function startCaptureBucket(bucket: string) {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-capture-'));
  const store = await startObjectStore(0, folder);
  store.createBucket(bucket);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const s3 = new S3Client({
    region: 'eu-west-1',
    endpoint: store.url,
    forcePathStyle: true,
    credentials,
  });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: store.url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  return {
    lines: (prefix: string) => captureLines(s3, bucket, prefix),
    close: async () => {
      s3.destroy();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
