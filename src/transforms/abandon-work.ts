import { AbortMultipartUploadCommand, type S3Client } from '@aws-sdk/client-s3';
import { logEvent } from '../aws/log.ts';
import type { Table, Versioned } from '../aws/table.ts';
import {
  givenUp,
  newShare,
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
  const { name, generation } = job;
  for (;;) {
    const found = await table.get<ShareItem>(shareKey(name, generation, share));
    if (found?.isFinished) return;
    const unbegun = () => newShare({ job: name, generation, share }, generation, now);
    const closed =
      found === undefined
        ? await table.create<ShareItem>({ ...unbegun(), isFinished: true })
        : await table.replace<ShareItem>(found, { ...found, isFinished: true });
    if (closed) return;
  }
}

function isOpen(item: Versioned): item is ObjectItem {
  return 'state' in item && item.state === 'open';
}

async function giveUp(table: Table, s3: S3Client, job: TransformJobRecord, item: ObjectItem) {
  const { uploadId } = item;
  const closed = givenUp(item, 'the job was stopped');
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
