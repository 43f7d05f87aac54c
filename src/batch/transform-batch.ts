import type { MiniBatch, Place, TooLong } from './batcher.ts';
import { recordsOf } from './batcher.ts';
import { ProcessingError, type Processor, quoted } from './data-processing.ts';
import { InvocationError } from './invocation-error.ts';
import { ObjectFailure } from './object-failure.ts';
import type { SplitOptions } from './record-scanner.ts';
import type { Answer } from './router-client.ts';

export interface BatchTransformerOptions {
  processor: Processor;
  invoke: (payload: Buffer, retries: number) => Promise<Answer>;
  retries: number;
  split: SplitOptions;
  strategy: 'SingleRecord' | 'MultiRecord';
  maxBytes: number;
  /** `maxBytes` in words: which rule a record that is larger breaks. */
  limit: string;
  onRecordError: 'Fail' | 'Continue';
}

export interface Transformed {
  output: Buffer;
  recordsFailed: number;
}

export type TransformBatch = (batch: MiniBatch | TooLong) => Promise<Transformed>;

/** One mini-batch through the pipeline: the bytes that go into the output for it. */
export function createBatchTransformer(options: BatchTransformerOptions): TransformBatch {
  const { processor, invoke, retries, split, maxBytes, limit, onRecordError } = options;

  const attempt = async (batch: MiniBatch, tries: number): Promise<Buffer> => {
    const request = processor.request(batch.payload);
    if (request.length > maxBytes) throw new ProcessingError(tooLong(limit));
    const answer = await invoke(request, tries);
    return processor.output(batch.payload, batch.count, answer.body, answer.contentType);
  };

  /** A connection that broke says nothing of the record: this worker ends, and the next one goes on. */
  const blameRecord = (error: unknown): error is RecordError =>
    isRecordError(error) && (error instanceof ProcessingError || error.isAboutPayload);

  /** The records one by one, as halves of halves, each kept apart from its failing neighbours. */
  const continueWith = async (batch: MiniBatch, error: Error): Promise<Transformed> => {
    if (batch.count === 1) return { output: errorLine(batch, error), recordsFailed: 1 };
    const halves: Transformed[] = [];
    for (const half of halvesOf(batch, split)) {
      try {
        const output = await attempt(half, half.count === 1 ? retries : 0);
        halves.push({ output, recordsFailed: 0 });
      } catch (failure) {
        if (!blameRecord(failure)) throw failure;
        halves.push(await continueWith(half, failure));
      }
    }
    return {
      output: Buffer.concat(halves.map(({ output }) => output)),
      recordsFailed: halves.reduce((sum, half) => sum + half.recordsFailed, 0),
    };
  };

  /** The first record that fails alone, or undefined: then only all of them together fail. */
  const culprit = async (batch: MiniBatch): Promise<[MiniBatch, Error] | undefined> => {
    for (const half of halvesOf(batch, split)) {
      try {
        await attempt(half, half.count === 1 ? retries : 0);
      } catch (failure) {
        if (!isRecordError(failure)) throw failure;
        if (half.count === 1) return [half, failure];
        const found = await culprit(half);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  };

  const fail = async (batch: MiniBatch, error: Error): Promise<never> => {
    // A stage that is late with many records would be late with half of them, log2(n) times over.
    const isLate = error instanceof InvocationError && error.status < 400;
    if (batch.count === 1 || split.split !== 'Line' || isLate) throw objectFailure(batch, error);
    const found = await culprit(batch);
    if (found !== undefined) throw objectFailure(...found);
    throw objectFailure(
      batch,
      error,
      'each half of them alone passes; a smaller MaxPayloadInMB may help',
    );
  };

  return async (batch) => {
    if (batch.payload === undefined) {
      const error = new ProcessingError(tooLong(limit));
      if (onRecordError === 'Fail') throw objectFailure(batch, error);
      return { output: errorLine(batch, error), recordsFailed: 1 };
    }
    try {
      return { output: await attempt(batch, retries), recordsFailed: 0 };
    } catch (error) {
      if (onRecordError === 'Continue' && blameRecord(error)) {
        return await continueWith(batch, error);
      }
      if (onRecordError === 'Continue' || !isRecordError(error)) throw error;
      return await fail(batch, error);
    }
  };
}

type RecordError = ProcessingError | InvocationError;

function isRecordError(error: unknown): error is RecordError {
  return error instanceof ProcessingError || error instanceof InvocationError;
}

function tooLong(limit: string): string {
  return `it is larger than ${limit}`;
}

function halvesOf(batch: MiniBatch, split: SplitOptions): MiniBatch[] {
  const records = recordsOf(batch.payload, split);
  const middle = Math.ceil(records.length / 2);
  let { first, start } = batch;
  return [records.slice(0, middle), records.slice(middle)].map((half) => {
    const payload = Buffer.concat(half);
    const part = { payload, count: half.length, first, start, end: start + payload.length };
    first += half.length;
    start += payload.length;
    return part;
  });
}

/** `record 17 (bytes 1024 to 1100): stage predict answered 400: "…"` */
function objectFailure(place: Place, error: Error, hint?: string): ObjectFailure {
  const { first, count, start, end } = place;
  const records = count === 1 ? `record ${first}` : `records ${first} to ${first + count - 1}`;
  return failureAt(`${records} (bytes ${start} to ${end - 1})`, error, hint);
}

/** An object fails because of what stands at `where` in it. */
export function failureAt(where: string, error: Error, hint?: string): ObjectFailure {
  const message = `${where}: ${error.message}${hint === undefined ? '' : `; ${hint}`}`;
  return new ObjectFailure(message, logLines(error, message));
}

/** SageMaker's lines for a stage that failed, and ours, which says where. */
function logLines(error: Error, message: string): string[] {
  if (!(error instanceof InvocationError)) return [message];
  if (error.status === 0) return ['Unable to get response from algorithm', message];
  const said = quoted(error.said, 2048).slice(1, -1).split(/\r?\n/);
  return [
    `Bad HTTP status received from algorithm: ${error.status}`,
    '',
    'Message:',
    ...said,
    message,
  ];
}

/** What stands in the place of a record that failed (OnRecordError Continue). */
function errorLine({ first, start, end }: Place, error: Error): Buffer {
  const isAnswer = error instanceof InvocationError;
  const told = {
    record: first,
    bytes: [start, end - 1],
    ...(isAnswer && { stage: error.stage, status: error.status }),
    message: error.message,
  };
  return Buffer.from(`${JSON.stringify({ error: told })}\n`);
}
