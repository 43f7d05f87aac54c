import type { SplitOptions } from './record-scanner.ts';
import { createScanner, RecordFormatError, type RecordScanner } from './record-scanner.ts';

export type BatchStrategy = 'SingleRecord' | 'MultiRecord';

/** Where some records stand in their (decompressed) object. Bytes: `start` inclusive, `end` not. */
export interface Place {
  /** 1-based number of the first record. */
  first: number;
  count: number;
  start: number;
  end: number;
}

/** One request's worth of whole records. */
export interface MiniBatch extends Place {
  /** SingleRecord: the record's content. MultiRecord: the records as they stand in the object. */
  payload: Buffer;
}

/** A record that is larger than a request may be. */
export interface TooLong extends Place {
  payload: undefined;
}

export interface BatcherOptions extends SplitOptions {
  strategy: BatchStrategy;
  /** The most that one request may hold. */
  maxBytes: number;
  /** Where to go on, when an earlier worker came this far. */
  from?: { offset: number; record: number };
}

/**
 * Cuts bytes, in chunks of any size, into requests of whole records. It holds at most one request.
 * Empty lines are no records. Pure but for what it remembers.
 */
export class Batcher {
  readonly #scanner: RecordScanner;
  readonly #strategy: BatchStrategy;
  readonly #maxBytes: number;
  #batch: Buffer[] = [];
  #batchBytes = 0;
  #batchCount = 0;
  #batchStart = 0;
  /** The pieces of a record that did not end yet; none when it is too long already. */
  #pieces: Buffer[] = [];
  #pieceBytes = 0;
  /** Of the next byte. */
  #offset: number;
  /** The number of the last whole record. */
  #record: number;

  constructor({ strategy, maxBytes, from, ...split }: BatcherOptions) {
    this.#scanner = createScanner(split);
    // A whole object that is one record has nothing to be packed with.
    this.#strategy = split.split === 'None' ? 'SingleRecord' : strategy;
    this.#maxBytes = maxBytes;
    this.#offset = from?.offset ?? 0;
    this.#record = from?.record ?? 0;
  }

  /**
   * What became whole by `chunk`: to be read to its end before the next call. Small records are made
   * one by one as they are asked for, so that a thousand of them need not live at a time.
   * @throws RecordFormatError
   */
  push(chunk: Buffer): Iterable<MiniBatch | TooLong> {
    const ends = this.#scanner.scan(chunk);
    return this.#strategy === 'SingleRecord'
      ? this.#pushSingle(chunk, ends)
      : this.#pushMulti(chunk, ends);
  }

  /** The rest. @throws RecordFormatError when the input may not end here */
  end(): (MiniBatch | TooLong)[] {
    const unfinished = this.#scanner.unfinished();
    if (unfinished !== undefined) {
      throw new RecordFormatError(`${unfinished}, record ${this.#record + 1}`);
    }
    const last = this.#pieceBytes > 0 ? this.#endRecord() : NONE;
    return [...last, ...this.#closeBatch()];
  }

  *#pushSingle(chunk: Buffer, ends: number[]): Generator<MiniBatch | TooLong> {
    let from = 0;
    for (const end of ends) {
      this.#addPiece(chunk.subarray(from, end));
      yield* this.#endRecord();
      from = end;
    }
    this.#addPiece(chunk.subarray(from));
  }

  /** Records that follow each other in a chunk stay one piece: there may be a thousand to a chunk. */
  *#pushMulti(chunk: Buffer, ends: number[]): Generator<MiniBatch | TooLong> {
    let from = 0;
    let run = 0;
    const take = (): void => {
      if (from > run) this.#batch.push(chunk.subarray(run, from));
      run = from;
    };
    for (const end of ends) {
      const bytes = end - from;
      const isEasy =
        this.#pieceBytes === 0 &&
        bytes > LONGEST_BLANK &&
        this.#batchCount > 0 &&
        this.#batchBytes + bytes <= this.#maxBytes;
      if (isEasy) {
        this.#offset += bytes;
        this.#record += 1;
        this.#batchBytes += bytes;
        this.#batchCount += 1;
      } else {
        take();
        this.#addPiece(chunk.subarray(from, end));
        yield* this.#endRecord();
        run = end;
      }
      from = end;
    }
    take();
    this.#addPiece(chunk.subarray(from));
  }

  #addPiece(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#pieceBytes += piece.length;
    this.#offset += piece.length;
    // A frame is not the stage's; the exact length is known when the record ends.
    if (this.#pieceBytes <= this.#maxBytes + FRAME_BYTES) this.#pieces.push(piece);
    else this.#pieces = [];
  }

  /** The record is whole. What can go out now: itself, or a request that it no longer fits into. */
  #endRecord(): (MiniBatch | TooLong)[] {
    const bytes = this.#pieceBytes;
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#pieceBytes = 0;
    const start = this.#offset - bytes;
    const isHeld = pieces.length > 0;
    const isNeeded = bytes <= LONGEST_BLANK || this.#strategy === 'SingleRecord';
    const record = isHeld && isNeeded ? joined(pieces) : undefined;
    if (record !== undefined && this.#scanner.isBlank(record)) return NONE;
    this.#record += 1;
    const place = { first: this.#record, count: 1, start, end: this.#offset };

    if (this.#strategy === 'SingleRecord') {
      const payload = record && this.#scanner.unwrap(record);
      const fits = payload !== undefined && payload.length <= this.#maxBytes;
      return [fits ? { ...place, payload } : { ...place, payload: undefined }];
    }
    if (!isHeld || bytes > this.#maxBytes) {
      return [...this.#closeBatch(start), { ...place, payload: undefined }];
    }
    const closed = this.#batchBytes + bytes > this.#maxBytes ? this.#closeBatch(start) : NONE;
    if (this.#batchCount === 0) this.#batchStart = start;
    this.#batch.push(...pieces);
    this.#batchBytes += bytes;
    this.#batchCount += 1;
    return closed;
  }

  #closeBatch(end = this.#offset): MiniBatch[] {
    const count = this.#batchCount;
    if (count === 0) return [];
    const isBeforeThisRecord = end < this.#offset;
    const batch: MiniBatch = {
      payload: joined(this.#batch),
      count,
      first: this.#record - count + (isBeforeThisRecord ? 0 : 1),
      start: this.#batchStart,
      end,
    };
    this.#batch = [];
    this.#batchBytes = 0;
    this.#batchCount = 0;
    return [batch];
  }
}

const NONE: [] = [];
const FRAME_BYTES = 16;
/** A carriage return and a newline. */
const LONGEST_BLANK = 2;

function joined(pieces: Buffer[]): Buffer {
  const [first] = pieces;
  return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces);
}

/** The records of a MultiRecord payload, as they stand in it. */
export function recordsOf(payload: Buffer, split: SplitOptions): Buffer[] {
  const scanner = createScanner(split);
  const ends = scanner.scan(payload);
  if (ends.at(-1) !== payload.length) ends.push(payload.length);
  let from = 0;
  return ends.flatMap((end) => {
    const record = payload.subarray(from, end);
    from = end;
    return record.length === 0 ? [] : [record];
  });
}
