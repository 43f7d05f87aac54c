import * as z from 'zod';

/** An object that landed, as S3 told it. */
export interface ObjectEvent {
  bucket: string;
  key: string;
  versionId: string | undefined;
  /** Without quotes. */
  etag: string;
  /** Of one key, a later event has a greater one. */
  sequencer: string;
}

/** One of a notification's records. The version is null where the bucket keeps none. */
const record = z.object({
  eventName: z.string(),
  s3: z.object({
    bucket: z.object({ name: z.string() }),
    object: z.object({
      key: z.string(),
      size: z.number().optional(),
      eTag: z.string().default(''),
      versionId: z.string().nullish(),
      sequencer: z.string().default(''),
    }),
  }),
});

const notification = z.object({ Records: z.array(z.object({ eventName: z.string() }).loose()) });

const eventBridge = z.object({ 'detail-type': z.string(), detail: z.unknown() });

const detail = z.object({
  bucket: z.object({ name: z.string() }),
  object: z.object({
    key: z.string(),
    size: z.number().optional(),
    etag: z.string().default(''),
    'version-id': z.string().nullish(),
    sequencer: z.string().default(''),
  }),
});

/**
 * The objects that an event says were made: S3's own notification
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html: keys as
 * in a form, `+` is a space), or EventBridge's "Object Created"
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html: keys as they are). [] for
 * events of another kind: deletions, delete markers, the test event of a new notification.
 * @throws ZodError when an event of this kind is not what AWS documents: no object goes without a word
 */
export function objectEvents(event: unknown): ObjectEvent[] {
  const bridged = eventBridge.safeParse(event).data;
  if (bridged !== undefined) {
    if (bridged['detail-type'] !== 'Object Created') return [];
    const { bucket, object } = detail.parse(bridged.detail);
    const { key, size, etag, sequencer, 'version-id': versionId } = object;
    if (isFolder(key, size)) return [];
    return [{ bucket: bucket.name, key, versionId: versionId ?? undefined, etag, sequencer }];
  }
  const records = notification.safeParse(event).data?.Records ?? [];
  return records
    .filter(({ eventName }) => /^(s3:)?ObjectCreated:/.test(eventName))
    .flatMap((made) => {
      const { bucket, object } = record.parse(made).s3;
      const { size, eTag: etag, versionId, sequencer } = object;
      const key = decodeURIComponent(object.key.replaceAll('+', ' '));
      if (isFolder(key, size)) return [];
      return [{ bucket: bucket.name, key, versionId: versionId ?? undefined, etag, sequencer }];
    });
}

/** What consoles make to show an empty folder. */
function isFolder(key: string, size: number | undefined): boolean {
  return key.endsWith('/') && size === 0;
}
