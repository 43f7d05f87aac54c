export interface S3Place {
  bucket: string;
  key: string;
}

/** `s3://bucket/key`; the key may be empty. undefined for anything else. */
export function parseS3Uri(uri: string): S3Place | undefined {
  const [, bucket, key = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(uri) ?? [];
  return bucket === undefined ? undefined : { bucket, key };
}
