import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CaptureFiles, type CaptureTime } from './capture-files.ts';
import type { CaptureWorkerData, FromCaptureWorker, ToCaptureWorker } from './capture-messages.ts';

const BOUNDS = {
  // Files are tried again for minutes, by us.
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 8_000, throwOnRequestTimeout: true },
};

const time: CaptureTime = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(ignoreAbort),
};

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error;
}

/**
 * The `capture` command: the thread beside the router that encodes captured invocations and writes them
 * to S3, with the role of the task. A thread of its own, so that no invocation waits for either.
 */
export function capture(env: Readonly<Record<string, string | undefined>>): void {
  if (parentPort === null) throw new Error('capture runs as a thread of the router.');
  const port = parentPort;
  const { settings, place, region } = workerData as CaptureWorkerData;
  const tell = (message: FromCaptureWorker): void => port.postMessage(message);
  const s3 = new S3Client({
    region,
    ...BOUNDS,
    // A custom endpoint has no host name per bucket.
    forcePathStyle: Boolean(env.AWS_ENDPOINT_URL_S3),
  });
  const encryption = settings.kmsKeyId && {
    ServerSideEncryption: 'aws:kms' as const,
    SSEKMSKeyId: settings.kmsKeyId,
  };
  const files = new CaptureFiles({
    settings,
    place,
    time,
    newId: randomUUID,
    put: async (Key, Body, abortSignal) => {
      const object = { Bucket: settings.bucket, Key, Body, ContentType: 'application/jsonlines' };
      await s3.send(new PutObjectCommand({ ...object, ...encryption }), { abortSignal });
    },
    settled: (settled) => tell({ settled }),
    report: (problem) => tell({ problem: problem ?? null }),
  });
  port.on('message', (message: ToCaptureWorker) => {
    if ('take' in message) {
      for (const invocation of message.take) files.add(invocation);
    } else {
      void files.end(message.end).then(() => port.close());
    }
  });
}
