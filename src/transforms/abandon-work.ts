import { AbortMultipartUploadCommand, type S3Client } from '@aws-sdk/client-s3';
import { logEvent } from '../aws/log.ts';
import type { Table, Versioned } from '../aws/table.ts';
import {
  expiresAt,
  type ObjectItem,
  type ShareItem,
  shareKey,
  workKey,
} from '../batch/work-items.ts';
import { outputPlace } from './job-fleet.ts';
import type { TransformJobRecord } from './transform-job-record.ts';

/**
 * Ends the work of a job's workers, should one still live, and removes the parts of outputs that will
 * never be whole. May be done twice.
 */
export async function abandonWork(
  table: Table,
  s3: S3Client,
  job: TransformJobRecord,
  now: number,
): Promise<void> {
  const { InstanceCount } = job.request.TransformResources;
  for (let share = 0; share < InstanceCount; share++) await closeShare(table, job, share, now);
  for (const item of await table.collection(workKey(job.name, job.generation))) {
    if (isOpen(item)) await giveUp(table, s3, job, item);
  }
}

/** A worker that still has the share fails at its next write; one that takes it finds it done. */
async function closeShare(table: Table, job: TransformJobRecord, share: number, now: number) {
  const key = shareKey(job.name, job.generation, share);
  for (;;) {
    const found = await table.get<ShareItem>(key);
    if (found?.isFinished) return;
    const closed =
      found === undefined
        ? await table.create<ShareItem>({ ...emptyShare(key, job, share, now) })
        : await table.replace<ShareItem>(found, { ...found, isFinished: true });
    if (closed) return;
  }
}

function emptyShare(
  key: { pk: string; sk: string },
  job: TransformJobRecord,
  share: number,
  now: number,
): Omit<ShareItem, 'revision' | 'written'> {
  return {
    ...key,
    incarnation: job.generation,
    expires: expiresAt(now),
    share,
    steps: 0,
    objectsTotal: 0,
    isListed: false,
    objectsDone: 0,
    objectsFailed: 0,
    recordsDone: 0,
    recordsFailed: 0,
    failures: [],
    isFinished: true,
    startedAt: now,
    updatedAt: now,
  };
}

function isOpen(item: Versioned): item is ObjectItem {
  return 'state' in item && item.state === 'open';
}

async function giveUp(table: Table, s3: S3Client, job: TransformJobRecord, item: ObjectItem) {
  const { uploadId } = item;
  const failure = 'the job was stopped';
  const closed: ObjectItem = { ...item, state: 'failed', failure, uploadId: '', parts: [] };
  // Another writer: a worker that lives has made its last step. Its upload is in the newer item.
  if (!(await table.replace<ObjectItem>(item, closed)) || uploadId === '') return;
  const { bucket } = outputPlace(job.request);
  try {
    await s3.send(
      new AbortMultipartUploadCommand({
        Bucket: bucket,
        Key: item.outputKey,
        UploadId: uploadId,
      }),
    );
  } catch (error) {
    // The bucket may be one that only the job's own role may write to. Nobody sees an upload that is
    // not completed; a lifecycle rule of the bucket removes it.
    logEvent('warn', { event: 'upload-not-aborted', job: job.name, error: String(error) });
  }
}
