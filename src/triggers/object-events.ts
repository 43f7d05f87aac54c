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

const notification = z.object({
  Records: z.array(
    z.object({
      eventName: z.string(),
      s3: z.object({
        bucket: z.object({ name: z.string() }),
        object: z.object({
          key: z.string(),
          eTag: z.string().default(''),
          versionId: z.string().optional(),
          sequencer: z.string().default(''),
        }),
      }),
    }),
  ),
});

const eventBridge = z.object({
  'detail-type': z.string(),
  detail: z.object({
    bucket: z.object({ name: z.string() }),
    object: z.object({
      key: z.string(),
      etag: z.string().default(''),
      'version-id': z.string().optional(),
      sequencer: z.string().default(''),
    }),
  }),
});

/**
 * The objects that an event says were made: S3's own notification (keys as in a form: `+` is a
 * space), or EventBridge's "Object Created" (keys as they are). [] for events of another kind.
 */
export function objectEvents(event: unknown): ObjectEvent[] {
  const bridged = eventBridge.safeParse(event);
  if (bridged.success) {
    const { 'detail-type': type, detail } = bridged.data;
    const { key, etag, sequencer, 'version-id': versionId } = detail.object;
    if (type !== 'Object Created') return [];
    return [{ bucket: detail.bucket.name, key, versionId, etag, sequencer }];
  }
  const notified = notification.safeParse(event);
  return (notified.data?.Records ?? [])
    .filter(({ eventName }) => /^(s3:)?ObjectCreated:/.test(eventName))
    .map(({ s3: { bucket, object } }) => ({
      bucket: bucket.name,
      key: decodeURIComponent(object.key.replaceAll('+', ' ')),
      versionId: object.versionId,
      etag: object.eTag,
      sequencer: object.sequencer,
    }));
}
