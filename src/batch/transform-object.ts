import type { Unwritten } from '../aws/table.ts';
import { Batcher, type MiniBatch, type TooLong } from './batcher.ts';
import { MOST_HELD_BYTES } from './execution-parameters.ts';
import type { InputObject } from './list-input.ts';
import { ObjectFailure, Superseded } from './object-failure.ts';
import { ObjectOutput, type Position } from './object-output.ts';
import type { ObjectTransformer } from './object-transformer.ts';
import { OutputUpload } from './output-upload.ts';
import { readObject } from './read-object.ts';
import { RecordFormatError } from './record-scanner.ts';
import { streamObject } from './stream-object.ts';
import type { Transformed } from './transform-batch.ts';
import { expiresAt, type ObjectItem, objectKey } from './work-items.ts';

/** Requests of one object that may be made before the first of them is written, to each slot. */
const MOST_AHEAD = 16;

interface Running {
  transformed: Promise<Transformed>;
  bytes: number;
  count: number;
  end: number;
}

export interface ObjectResult {
  records: number;
  recordsFailed: number;
  failure: ObjectFailure | undefined;
}

/**
 * One object from its input to its output, from wherever an earlier worker left it.
 * @throws Superseded, or whatever keeps this worker from going on at all
 */
export async function transformObject(
  object: InputObject,
  worker: ObjectTransformer,
): Promise<ObjectResult> {
  const { table, config } = worker;
  const key = objectKey(config.job, config.generation, object.key);
  const found = await table.get<ObjectItem>(key);
  if (found?.state === 'failed' && found.etag === object.etag) {
    return resultOf(found, new ObjectFailure(found.failure ?? 'it failed before'));
  }
  const place = {
    bucket: config.output.bucket,
    key: object.outputKey,
    kmsKeyId: config.kmsKeyId,
  };
  const upload = new OutputUpload(worker.s3, place, config.generation, worker.signal);
  const output = (item: ObjectItem | Unwritten<ObjectItem>) =>
    new ObjectOutput({
      table,
      upload,
      object,
      item,
      contentType: config.accept,
      onStep: worker.onStep,
    });
  if (found?.state === 'claimed' && (await output(found).finishClaimed())) {
    worker.onRecords(found.record);
    return resultOf(found);
  }

  // What is streamed begins anew: its parts say nothing of where the input goes on.
  const isSameInput =
    found?.etag === object.etag && found.state === 'open' && !worker.execution.streams;
  const fresh = newItem(object, key, worker);
  const item =
    found === undefined ? fresh : await takeOver(worker, found, isSameInput ? found : fresh);
  if (!isSameInput && found !== undefined && found.uploadId !== '')
    await upload.abort(found.uploadId);
  return await run(object, output(item), worker);
}

function newItem(
  object: InputObject,
  key: { pk: string; sk: string },
  { newId, now }: ObjectTransformer,
): Unwritten<ObjectItem> {
  return {
    ...key,
    incarnation: newId(),
    expires: expiresAt(now()),
    key: object.key,
    outputKey: object.outputKey,
    etag: object.etag,
    uploadId: '',
    mark: newId(),
    parts: [],
    offset: 0,
    record: 0,
    recordsFailed: 0,
    state: 'open',
  };
}

/** From here on whoever wrote `found` fails at its next write. */
async function takeOver(
  { table }: ObjectTransformer,
  found: ObjectItem,
  next: Unwritten<ObjectItem>,
): Promise<ObjectItem> {
  const { incarnation } = found;
  if (await table.replace<ObjectItem>(found, { ...next, incarnation })) {
    return { ...next, incarnation, revision: found.revision + 1, written: '' };
  }
  throw new Superseded(`another worker has ${found.key}`);
}

function resultOf(item: Pick<ObjectItem, 'record' | 'recordsFailed'>, failure?: ObjectFailure) {
  return { records: item.record, recordsFailed: item.recordsFailed, failure };
}

async function run(
  object: InputObject,
  output: ObjectOutput,
  worker: ObjectTransformer,
): Promise<ObjectResult> {
  // What an earlier worker made safe is done; what it only counted is not.
  worker.onRecords(output.item.record);
  const stop = new AbortController();
  const signal = AbortSignal.any([worker.signal, stop.signal]);
  try {
    const transform = worker.execution.streams ? streamObject : pump;
    const { record, recordsFailed } = await transform(object, output, worker, signal);
    await output.finish();
    return { records: record, recordsFailed, failure: undefined };
  } catch (error) {
    const failure = asObjectFailure(error);
    if (failure === undefined) throw error;
    await output.fail(failure.message);
    return resultOf(output.item, failure);
  } finally {
    stop.abort();
  }
}

/** Reads, cuts, transforms some at a time, and writes in the order of the input. */
async function pump(
  object: InputObject,
  output: ObjectOutput,
  worker: ObjectTransformer,
  signal: AbortSignal,
): Promise<Position> {
  const { config, execution, slots, transformBatch } = worker;
  const { offset, record } = output.item;
  const batcher = new Batcher({
    split: config.split,
    quotedNewlines: config.quotedNewlines,
    strategy: execution.strategy,
    maxBytes: execution.maxBytes,
    from: { offset, record },
  });
  const position = { offset, record, recordsFailed: output.item.recordsFailed };
  const running: Running[] = [];
  let held = 0;

  const writeFirst = async (): Promise<void> => {
    const first = running.shift();
    if (first === undefined) return;
    const { output: bytes, recordsFailed } = await first.transformed;
    held -= first.bytes;
    position.offset = first.end;
    position.record += first.count;
    position.recordsFailed += recordsFailed;
    await output.write(bytes, { ...position });
    worker.onRecords(first.count);
  };

  const transform = async (batch: MiniBatch | TooLong): Promise<Transformed> => {
    const free = await slots.take();
    try {
      return await transformBatch(batch);
    } finally {
      free();
    }
  };

  const mostHeld = Math.min(MOST_HELD_BYTES, execution.concurrency * execution.maxBytes);
  /** Small requests may overtake each other, and wait for their turn; large ones take the memory. */
  const isFull = (bytes: number): boolean =>
    running.length >= MOST_AHEAD * execution.concurrency ||
    (running.length > 0 && held + bytes > mostHeld);

  const accept = async (batches: Iterable<MiniBatch | TooLong>): Promise<void> => {
    for (const batch of batches) {
      const bytes = batch.payload?.length ?? 0;
      while (isFull(bytes)) await writeFirst();
      held += bytes;
      const transformed = transform(batch);
      // It is awaited in its turn; until then its failure is not unhandled.
      transformed.catch(() => undefined);
      running.push({ transformed, bytes, count: batch.count, end: batch.end });
    }
  };

  for await (const chunk of readObject(worker.s3, object, config.compression, offset, signal)) {
    await accept(batcher.push(chunk));
  }
  await accept(batcher.end());
  while (running.length > 0) await writeFirst();
  return position;
}

function asObjectFailure(error: unknown): ObjectFailure | undefined {
  if (error instanceof ObjectFailure) return error;
  if (error instanceof RecordFormatError) {
    return new ObjectFailure(`it is not what SplitType says: ${error.message}`);
  }
  return undefined;
}
