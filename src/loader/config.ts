import * as z from 'zod';
import { parseS3Uri } from '../aws/s3-uri.ts';

/** Where a part of a stage's model data lies, and in which form (reference: ModelDataSource). */
export interface Source {
  readonly bucket: string;
  /** The key of one object, or the prefix of many, which then ends in "/" or is empty. */
  readonly key: string;
  readonly uri: string;
  readonly kind: 'S3Object' | 'S3Prefix';
  readonly compression: 'None' | 'Gzip';
}

export interface StageToLoad {
  readonly name: string;
  /** 1-based: its data goes to `models/<position>`. */
  readonly position: number;
  readonly sources: readonly Source[];
}

export interface LoaderConfig {
  readonly timeoutSeconds: number;
  readonly stages: readonly StageToLoad[];
}

/** The environment is wrong. The message is one line and names the variable. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

const source = z
  .object({
    uri: z.string().max(2048),
    kind: z.enum(['S3Object', 'S3Prefix']),
    compression: z.enum(['None', 'Gzip']),
  })
  .transform((given, context): Source => {
    const place = parseS3Uri(given.uri);
    if (place === undefined) {
      context.addIssue(`${given.uri} is not of the form s3://bucket/key`);
      return z.NEVER;
    }
    const { key } = place;
    if (given.kind === 'S3Prefix' && key !== '' && !key.endsWith('/')) {
      context.addIssue(`the prefix ${given.uri} must end with "/"`);
      return z.NEVER;
    }
    if (given.kind === 'S3Object' && (key === '' || key.endsWith('/'))) {
      context.addIssue(`${given.uri} names no object`);
      return z.NEVER;
    }
    return { ...given, ...place };
  });

const config = z.object({
  timeoutSeconds: z.int().min(1).max(3600),
  stages: z
    .array(
      z.object({
        name: z.string().min(1),
        position: z.int().min(1).max(15),
        sources: z.array(source).max(10),
      }),
    )
    .max(15),
});

/** Reads the value of HEADRACE_LOAD. @throws ConfigError */
export function parseLoaderConfig(value: string | undefined): LoaderConfig {
  if (value === undefined) throw new ConfigError('HEADRACE_LOAD is not set.');
  let json: unknown;
  try {
    json = JSON.parse(value);
  } catch {
    throw new ConfigError('HEADRACE_LOAD is not valid JSON.');
  }
  const parsed = config.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ConfigError(`HEADRACE_LOAD: ${issue?.path.join('.')}: ${issue?.message}.`);
}
