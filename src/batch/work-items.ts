import { createHash } from 'node:crypto';
import type { Key, Unwritten, Versioned } from '../aws/table.ts';

/**
 * What a job's workers write down, beside the definitions but under keys of its own, so that a role
 * may be given these keys alone (dynamodb:LeadingKeys `transform-work/*`). Every write is conditional
 * on what was read: two workers with the same share cannot both go on.
 */
export function workKey(job: string, generation: string): string {
  return `transform-work/${job}/${generation}`;
}

/** Old enough that no worker of the job can live: DynamoDB may forget the item (epoch seconds). */
const KEPT_SECONDS = 30 * 24 * 3600;

export function expiresAt(nowMs: number): number {
  return Math.ceil(nowMs / 1000) + KEPT_SECONDS;
}

/** What one worker has done of its share. */
export interface ShareCounts {
  /** Keys of this share so far; all of them once `isListed`. */
  objectsTotal: number;
  isListed: boolean;
  objectsDone: number;
  objectsFailed: number;
  recordsDone: number;
  /** Records whose place holds an error (OnRecordError Continue). */
  recordsFailed: number;
  /** What failed and why, the first few. */
  failures: string[];
}

/** How far one share of a job is. Its last writer is the one that may go on. */
export interface ShareItem extends Versioned, ShareCounts {
  /** Epoch seconds. */
  expires: number;
  share: number;
  /** Grows whenever something new is safe: tells a worker that dies later from one that is stuck. */
  steps: number;
  /** Every object of the share is done or failed, or the job cannot be done at all. */
  isFinished: boolean;
  startedAt: number;
  updatedAt: number;
}

export function shareKey(job: string, generation: string, share: number): Key {
  return { pk: workKey(job, generation), sk: `share/${String(share).padStart(3, '0')}` };
}

export const NO_COUNTS: ShareCounts = {
  objectsTotal: 0,
  isListed: false,
  objectsDone: 0,
  objectsFailed: 0,
  recordsDone: 0,
  recordsFailed: 0,
  failures: [],
};

/** A share of which nothing is done. */
export function newShare(
  { job, generation, share }: { job: string; generation: string; share: number },
  incarnation: string,
  now: number,
): Unwritten<ShareItem> {
  return {
    ...shareKey(job, generation, share),
    ...NO_COUNTS,
    incarnation,
    expires: expiresAt(now),
    share,
    steps: 0,
    isFinished: false,
    startedAt: now,
    updatedAt: now,
  };
}

/** How far one object is. It is made with the first part that is safe, or at the very end. */
export interface ObjectItem extends Versioned {
  expires: number;
  key: string;
  outputKey: string;
  /** Of the input that the parts were made from. */
  etag: string;
  /** The multipart upload, and its finished parts in order. '' when the object failed. */
  uploadId: string;
  /** In the metadata of what the upload becomes. */
  mark: string;
  parts: Part[];
  /** Where the records of the next part begin, in the decompressed input. */
  offset: number;
  record: number;
  recordsFailed: number;
  /** `claimed`: all parts are there; this upload, and no other, becomes the output. */
  state: 'open' | 'claimed' | 'failed';
  failure?: string | undefined;
}

/** `item` when no output will appear. Its upload is to be aborted once this is written. */
export function givenUp<T extends Unwritten<ObjectItem>>(item: T, failure: string): T {
  return { ...item, uploadId: '', parts: [], state: 'failed', failure };
}

export interface Part {
  number: number;
  etag: string;
}

export function objectKey(job: string, generation: string, key: string): Key {
  const name = createHash('sha256').update(key).digest('hex');
  return { pk: workKey(job, generation), sk: `object/${name}` };
}

/** Which share an object belongs to: the same whatever else is listed, and whenever. */
export function shareOf(key: string, shares: number): number {
  if (shares === 1) return 0;
  return createHash('sha256').update(key).digest().readUInt32BE(0) % shares;
}
