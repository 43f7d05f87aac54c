import {
  DeleteBucketCommand,
  ListObjectsV2Command,
  NoSuchBucket,
  S3Client,
} from '@aws-sdk/client-s3';
import { tolerating } from '../src/aws/tolerating.ts';

/** Deletes the stack's bucket when nothing is in it. True when it is kept, with what is. */
export async function removeUnlessUsed(
  Bucket: string,
  config: { region: string },
): Promise<boolean> {
  const s3 = new S3Client(config);
  let isKept = false;
  await tolerating(NoSuchBucket, async () => {
    const { KeyCount = 0 } = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 }));
    isKept = KeyCount > 0;
    if (!isKept) await s3.send(new DeleteBucketCommand({ Bucket }));
  });
  return isKept;
}
