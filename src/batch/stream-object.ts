import { Batcher } from './batcher.ts';
import { formatOf, misaligned, ProcessingError } from './data-processing.ts';
import { InvocationError, retrying } from './invocation-error.ts';
import type { InputObject } from './list-input.ts';
import type { ObjectOutput, Position } from './object-output.ts';
import type { ObjectTransformer } from './object-transformer.ts';
import { readObject } from './read-object.ts';
import { type StreamedAnswer, streamChain } from './stream-chain.ts';
import { failureAt } from './transform-batch.ts';

const START: Position = { offset: 0, record: 0, recordsFailed: 0 };
const NEWLINE = Buffer.from('\n');
const NOTHING = Buffer.alloc(0);

/**
 * MaxPayloadInMB 0: the whole object as one request of unknown length, its answer written while it
 * comes. What was streamed cannot be sent again, so another try reads the object again, and begins a
 * new upload.
 * @throws ObjectFailure
 */
export async function streamObject(
  object: InputObject,
  output: ObjectOutput,
  worker: ObjectTransformer,
  signal: AbortSignal,
): Promise<Position> {
  const { config, slots, onRecords } = worker;
  const free = await slots.take();
  let sent = new RecordCounter(config);
  const once = async (): Promise<Position> => {
    sent = new RecordCounter(config);
    await output.restart();
    const bytes = readObject(worker.s3, object, config.compression, 0, signal);
    return await streamOnce(bytes, sent, output, worker, signal);
  };
  try {
    const position = await retrying(once, config.maxRetries, signal);
    onRecords(position.record);
    return position;
  } catch (error) {
    if (!(error instanceof InvocationError || error instanceof ProcessingError)) throw error;
    throw failureAt(`streamed whole, ${sent.records} records (${sent.bytes} bytes) sent`, error);
  } finally {
    free();
  }
}

async function streamOnce(
  bytes: AsyncGenerator<Buffer>,
  sent: RecordCounter,
  output: ObjectOutput,
  { config }: ObjectTransformer,
  signal: AbortSignal,
): Promise<Position> {
  const { stages, contentType, accept, timeoutSeconds } = config;
  const first = await bytes.next();
  // As with every other way to cut it, an object of no records makes no request.
  if (first.done === true) return START;
  await streamChain(
    sent.count(first.value, bytes),
    { stages, contentType, accept, timeoutMs: timeoutSeconds * 1000, signal },
    (answer) => writeAnswer(answer, sent, output, config),
  );
  const position = { offset: sent.bytes, record: sent.records, recordsFailed: 0 };
  await output.write(NOTHING, position);
  return position;
}

async function writeAnswer(
  { body, contentType }: StreamedAnswer,
  sent: RecordCounter,
  output: ObjectOutput,
  { split, assembleWith }: ObjectTransformer['config'],
): Promise<void> {
  let lines = 0;
  let last = 0;
  for await (const chunk of body) {
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
    last = chunk.at(-1) ?? last;
    await output.write(chunk, START);
  }
  if (assembleWith === 'None') return;
  if (last !== 10) {
    lines += 1;
    await output.write(NEWLINE, START);
  }
  // One JSON document may hold a member for each record; nobody can tell without holding all of it.
  const isDocument = lines === 1 && formatOf(contentType) === 'json';
  if (split === 'Line' && !isDocument && lines !== sent.records) {
    throw misaligned(lines, sent.records);
  }
}

/** Counts the records of what is sent. */
class RecordCounter {
  bytes = 0;
  records = 0;
  readonly #batcher: Batcher;

  constructor({ split, quotedNewlines }: ObjectTransformer['config']) {
    // It holds no record: all are longer than this.
    const maxBytes = 0;
    this.#batcher = new Batcher({ split, quotedNewlines, strategy: 'MultiRecord', maxBytes });
  }

  /** @throws RecordFormatError */
  async *count(first: Buffer, others: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    this.#see(first);
    yield first;
    for await (const chunk of others) {
      this.#see(chunk);
      yield chunk;
    }
    this.records += this.#batcher.end().length;
  }

  #see(chunk: Buffer): void {
    this.bytes += chunk.length;
    for (const _ of this.#batcher.push(chunk)) this.records += 1;
  }
}
