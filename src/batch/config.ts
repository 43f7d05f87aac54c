import * as z from 'zod';

/** The pattern of what is written into a request as it stands. */
export const HEADER_VALUE = '[\\t\\x20-\\x7e\\x80-\\xff]*';
const headerValue = z.string().regex(new RegExp(`^${HEADER_VALUE}$`));

/**
 * What HEADRACE_BATCH tells the worker: one transform job, and which share of its input is this
 * task's. Member names are those of CreateTransformJob; what the job left out is left out here too.
 */
const batchSettings = z.object({
  job: z.string().min(1),
  /** Tells this job from an earlier one of the same name; it marks the outputs. */
  generation: z.string().min(1),
  table: z.string().min(1),
  shares: z.int().min(1).max(100),
  /** Names of the containers, in order. */
  stages: z.array(z.string().min(1)).min(1),
  source: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('prefix'), bucket: z.string(), prefix: z.string() }),
    z.object({ kind: z.literal('manifest'), bucket: z.string(), key: z.string() }),
    /** One object in one state, as an event named it. */
    z.object({
      kind: z.literal('object'),
      bucket: z.string(),
      key: z.string(),
      versionId: z.string().optional(),
      etag: z.string().optional(),
    }),
  ]),
  contentType: headerValue.optional(),
  compression: z.enum(['None', 'Gzip']),
  split: z.enum(['None', 'Line', 'RecordIO', 'TFRecord']),
  quotedNewlines: z.boolean(),
  output: z.object({ bucket: z.string(), prefix: z.string() }),
  accept: headerValue.optional(),
  assembleWith: z.enum(['None', 'Line']),
  kmsKeyId: z.string().optional(),
  strategy: z.enum(['SingleRecord', 'MultiRecord']).optional(),
  maxConcurrentTransforms: z.int().min(0).optional(),
  maxPayloadInMB: z.int().min(0).max(100).optional(),
  timeoutSeconds: z.int().min(1).max(3600),
  maxRetries: z.int().min(0).max(3),
  inputFilter: z.string(),
  outputFilter: z.string(),
  joinSource: z.enum(['None', 'Input']),
  onRecordError: z.enum(['Fail', 'Continue']),
  /** How long the stages may take to become healthy. */
  startupSeconds: z.int().min(1),
});

export type BatchSettings = z.infer<typeof batchSettings>;

/** A container of this task's pipeline. It listens on loopback, as the router does. */
export interface BatchStage {
  name: string;
  port: number;
}

export interface BatchConfig extends Omit<BatchSettings, 'stages'> {
  share: number;
  routerPort: number;
  stages: readonly [BatchStage, ...BatchStage[]];
}

/** The environment is wrong. The message is one line and names the variable. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

const port = z.coerce.number().int().min(1).max(65_535);

/**
 * Reads HEADRACE_BATCH, HEADRACE_BATCH_SHARE, HEADRACE_ROUTER_PORT and HEADRACE_STAGE_PORTS.
 * @throws ConfigError
 */
export function parseBatchConfig(env: Readonly<Record<string, string | undefined>>): BatchConfig {
  const { stages, ...settings } = read('HEADRACE_BATCH', batchSettings, json(env.HEADRACE_BATCH));
  const share = z.coerce
    .number()
    .int()
    .min(0)
    .max(settings.shares - 1);
  return {
    ...settings,
    share: read('HEADRACE_BATCH_SHARE', share, env.HEADRACE_BATCH_SHARE ?? null),
    routerPort: read('HEADRACE_ROUTER_PORT', port, env.HEADRACE_ROUTER_PORT),
    stages: withPorts(stages, env.HEADRACE_STAGE_PORTS ?? ''),
  };
}

function withPorts(names: string[], list: string): BatchConfig['stages'] {
  const ports = read('HEADRACE_STAGE_PORTS', z.array(port).length(names.length), list.split(','));
  const [first, ...others] = names.map((name, at) => ({ name, port: ports[at] ?? 0 }));
  if (first === undefined) throw new ConfigError('HEADRACE_BATCH.stages is empty.');
  return [first, ...others];
}

function json(value: string | undefined): unknown {
  try {
    return JSON.parse(value ?? 'null');
  } catch (error) {
    if (error instanceof SyntaxError) throw new ConfigError('HEADRACE_BATCH is not valid JSON.');
    throw error;
  }
}

function read<T>(variable: string, schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = [variable, ...(issue?.path ?? [])].join('.');
  throw new ConfigError(`${where}: ${issue?.message ?? 'invalid'}.`);
}
