import type { S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../aws/clock.ts';
import type { Table } from '../aws/table.ts';
import { awaitRouter } from './await-router.ts';
import { Budget } from './budget.ts';
import type { BatchConfig } from './config.ts';
import type { DataLog } from './data-log.ts';
import { createProcessor } from './data-processing.ts';
import { askFirstStage, type Execution, execution, needsAdvice } from './execution-parameters.ts';
import { type InputObject, listInput } from './list-input.ts';
import { JobFailure, Superseded } from './object-failure.ts';
import type { ObjectTransformer } from './object-transformer.ts';
import { OutputUpload } from './output-upload.ts';
import { Progress } from './progress.ts';
import { RouterClient } from './router-client.ts';
import { ShareMetrics } from './share-metrics.ts';
import { createBatchTransformer } from './transform-batch.ts';
import { type ObjectResult, transformObject } from './transform-object.ts';
import { shareOf } from './work-items.ts';

/** What objects under way may hold in memory together, as far as it can be foretold. */
const MEMORY_BYTES = 64 * 1024 * 1024;
/** Of one object: two output parts, and what streams hold. */
const OBJECT_BYTES = 18 * 1024 * 1024;
/** An earlier worker loses the object at the first of them; more would be many workers. */
const MOST_CONFLICTS = 5;
const LEAST_OBJECT_BYTES = 4 * 1024 * 1024;
const TELL_EVERY_MS = 1_000;

export interface World {
  s3: S3Client;
  table: Table;
  clock: Clock;
  newId: () => string;
  log: DataLog;
  /** Takes a line for the log that is not SageMaker's. */
  print: (line: string) => void;
}

/** How a share ended. */
export interface Summary {
  event: 'batch';
  job: string;
  share: number;
  objects: number;
  failed: number;
  records: number;
  recordsFailed: number;
  seconds: number;
  failure?: string;
}

/**
 * Transforms this task's share of a job's objects, or what is left of it.
 * @throws Superseded when another worker has the share; whatever AWS threw after its retries
 */
export async function work(
  config: BatchConfig,
  world: World,
  outside: AbortSignal,
): Promise<Summary> {
  const stop = new AbortController();
  const signal = AbortSignal.any([outside, stop.signal]);
  const started = performance.now();
  const progress = await Progress.take(config, world.table, world.clock, world.newId);
  const { counts } = progress ?? { counts: undefined };
  const summary = (failure?: string): Summary => ({
    event: 'batch',
    job: config.job,
    share: config.share,
    objects: counts?.objectsDone ?? 0,
    failed: counts?.objectsFailed ?? 0,
    records: counts?.recordsDone ?? 0,
    recordsFailed: counts?.recordsFailed ?? 0,
    seconds: Math.round(performance.now() - started) / 1000,
    ...(failure !== undefined && { failure }),
  });
  if (progress === undefined) return summary();
  const metrics = new ShareMetrics({
    job: config.job,
    told: progress.earlier,
    print: world.print,
    now: () => world.clock.now(),
  });
  try {
    await workOn(progress, config, world, metrics, signal);
  } catch (error) {
    // Whatever still runs beside what failed must not go on by itself.
    stop.abort();
    if (!(error instanceof JobFailure)) throw error;
    world.log.job(error.message);
    progress.counts.objectsFailed = Math.max(1, progress.counts.objectsFailed);
    progress.fail(error.message);
    await progress.finish();
    metrics.tell(progress.counts);
    return summary(error.message);
  }
  await progress.finish();
  metrics.tell(progress.counts);
  return summary(progress.counts.failures[0]);
}

async function workOn(
  progress: Progress,
  config: BatchConfig,
  world: World,
  metrics: ShareMetrics,
  signal: AbortSignal,
): Promise<void> {
  const how = await findExecution(config, signal);
  const client = new RouterClient({
    port: config.routerPort,
    timeoutMs: config.timeoutSeconds * 1000,
    contentType: config.contentType,
    accept: config.accept,
  });
  const strategy = how.strategy === 'SingleRecord' ? 'SINGLE_RECORD' : 'MULTI_RECORD';
  world.log.job(
    `MaxConcurrentTransforms=${how.concurrency}, MaxPayloadInMB=${how.maxPayloadInMB}, BatchStrategy=${strategy}`,
  );
  const transformer = transformerOf(progress, config, how, world, client, signal);
  try {
    await tellingOf(progress, metrics, () => transformAll(progress, transformer, world));
  } finally {
    client.close();
  }
}

/** Writes down how far it is while `run` runs; and ends it, when the share is no longer ours. */
async function tellingOf(
  progress: Progress,
  metrics: ShareMetrics,
  run: () => Promise<void>,
): Promise<void> {
  const { promise: lost, reject } = Promise.withResolvers<never>();
  const timer = setInterval(() => {
    metrics.soon(progress.counts);
    progress.tell().catch((error: unknown) => {
      // A table that does not answer is met again where it matters, when something is made safe.
      if (error instanceof Superseded) reject(error);
    });
  }, TELL_EVERY_MS);
  try {
    await Promise.race([run(), lost]);
  } finally {
    clearInterval(timer);
  }
}

async function findExecution(config: BatchConfig, signal: AbortSignal): Promise<Execution> {
  try {
    await awaitRouter(config.routerPort, config.startupSeconds * 1000, signal);
  } catch (error) {
    signal.throwIfAborted();
    const said = error instanceof Error ? error.message : String(error);
    throw new JobFailure(
      `AlgorithmError: Model container failed to respond to ping. Please ensure /ping endpoint is implemented and responds with an HTTP 200 status code. After ${config.startupSeconds} s: ${said}`,
    );
  }
  const advice = needsAdvice(config) ? await askFirstStage(config.stages[0].port, signal) : {};
  return execution(config, advice);
}

function transformerOf(
  progress: Progress,
  config: BatchConfig,
  how: Execution,
  { s3, table, clock, newId }: World,
  client: RouterClient,
  signal: AbortSignal,
): ObjectTransformer {
  const split = { split: config.split, quotedNewlines: config.quotedNewlines };
  const processor = createProcessor({
    InputFilter: config.inputFilter,
    OutputFilter: config.outputFilter,
    JoinSource: config.joinSource,
    contentType: config.contentType,
    accept: config.accept,
    split,
    strategy: how.strategy,
    assembleWith: config.assembleWith,
  });
  const transformBatch = createBatchTransformer({
    processor,
    invoke: (payload, retries) => client.invoke(payload, retries, signal),
    retries: config.maxRetries,
    split,
    strategy: how.strategy,
    maxBytes: how.maxBytes,
    limit:
      how.maxPayloadInMB === 0
        ? '100 MB, the most that one record may have'
        : `MaxPayloadInMB, ${how.maxPayloadInMB} MB`,
    onRecordError: config.onRecordError,
  });
  return {
    config,
    execution: how,
    s3,
    table,
    newId,
    now: () => clock.now(),
    transformBatch,
    slots: new Budget(how.concurrency),
    signal,
    onRecords: (count) => {
      progress.counts.recordsDone += count;
    },
    onStep: () => progress.step(),
  };
}

/** As many objects at a time as memory allows; requests are bounded by their own number. */
async function transformAll(
  progress: Progress,
  transformer: ObjectTransformer,
  { log }: World,
): Promise<void> {
  const { config, execution: how, s3, signal } = transformer;
  const memory = new Budget(MEMORY_BYTES);
  const running = new Set<Promise<void>>();
  let fault: { error: unknown } | undefined;
  let listed = 0;

  const one = async (object: InputObject, free: () => void): Promise<void> => {
    try {
      const { recordsFailed, failure } = await transformOwn(object, transformer, progress);
      progress.counts.recordsFailed += recordsFailed;
      if (failure === undefined) progress.counts.objectsDone += 1;
      else {
        progress.counts.objectsFailed += 1;
        progress.fail(`s3://${object.bucket}/${object.key}: ${failure.message}`);
        log.object(object.bucket, object.key, failure.log);
      }
    } catch (error) {
      fault ??= { error };
    } finally {
      free();
    }
  };

  for await (const page of listInput(s3, config, signal)) {
    listed += page.length;
    const own = page.filter(({ key }) => shareOf(key, config.shares) === config.share);
    progress.counts.objectsTotal += own.length;
    for (const object of own) {
      if (await isOwnOutput(object, transformer)) {
        progress.counts.objectsTotal -= 1;
        log.object(object.bucket, object.key, ['Skipped: it is an output of this job.']);
        continue;
      }
      const free = await memory.take(memoryOf(object, how, config.compression));
      if (fault !== undefined) break;
      const transforming = one(object, free);
      running.add(transforming);
      void transforming.then(() => running.delete(transforming));
    }
    if (fault !== undefined) break;
  }
  if (listed === 0) throw noInput(config);
  progress.counts.isListed = fault === undefined;
  while (running.size > 0 && fault === undefined) await Promise.race(running);
  if (fault !== undefined) throw fault.error;
}

/**
 * An object that an earlier worker, taken for dead, went on with is ours as long as the share is: its
 * next write fails, as ours just did.
 */
async function transformOwn(
  object: InputObject,
  transformer: ObjectTransformer,
  progress: Progress,
): Promise<ObjectResult> {
  for (let tried = 1; ; tried++) {
    let counted = 0;
    const onRecords = (count: number) => {
      counted += count;
      transformer.onRecords(count);
    };
    try {
      return await transformObject(object, { ...transformer, onRecords });
    } catch (error) {
      if (!(error instanceof Superseded) || tried === MOST_CONFLICTS) throw error;
      await progress.tell();
      transformer.onRecords(-counted);
    }
  }
}

function memoryOf(
  { size }: InputObject,
  { streams, maxBytes }: Execution,
  compression: 'None' | 'Gzip',
): number {
  const most = OBJECT_BYTES + (streams ? 0 : maxBytes);
  if (compression === 'Gzip') return most;
  return Math.min(most, LEAST_OBJECT_BYTES + 2 * size);
}

/** A prefix is but the start of a string, so a job may list what it has just written. */
async function isOwnOutput(object: InputObject, worker: ObjectTransformer): Promise<boolean> {
  const { config, s3, signal } = worker;
  const { bucket, prefix } = config.output;
  const isThere = object.bucket === bucket && object.key.startsWith(prefix);
  if (!isThere || !object.key.endsWith('.out')) return false;
  const place = { bucket, key: object.key, kmsKeyId: undefined };
  return await new OutputUpload(s3, place, config.generation, signal).isOutputOfJob();
}

function noInput({ source }: BatchConfig): JobFailure {
  const path = source.kind === 'prefix' ? source.prefix : source.key;
  const uri = `s3://${source.bucket}/${path}`;
  return new JobFailure(
    `ClientError: No S3 objects found under S3 URL "${uri}" given in input data source. Please ensure that the bucket exists, that objects exist under that S3 prefix, and that the role may list them.`,
  );
}
