import * as z from 'zod';

/** How long captured invocations may take to get to S3 when their task ends. */
export const CAPTURE_END_SECONDS = 15;

/** What a router is told about data capture (reference sections 2.4 and 3.5). */
export const captureSettings = z.object({
  bucket: z.string().min(1),
  /** Of every key: empty, or ending in `/`. */
  prefix: z.string(),
  kmsKeyId: z.string().min(1).optional(),
  /** 0..100: how many of a hundred invocations. */
  samplingPercentage: z.number().min(0).max(100),
  input: z.boolean(),
  output: z.boolean(),
  /** Beyond SageMaker: what each stage answered, failures too. */
  stages: z.boolean().default(false),
  /** Media types whose bodies are captured as text; all others are captured as base64. */
  csvContentTypes: z.array(z.string()).default([]),
  jsonContentTypes: z.array(z.string()).default([]),
});

export type CaptureSettings = z.infer<typeof captureSettings>;
