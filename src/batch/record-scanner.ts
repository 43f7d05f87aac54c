/**
 * Finds where records end in bytes that come in chunks of any size. A scanner sees every byte once
 * and holds no record, so that a record's size is somebody else's business.
 */
export interface RecordScanner {
  /** The positions in `chunk` just behind each record that ends in it, in order. */
  scan(chunk: Buffer): number[];
  /** Why the input may not end here; undefined when it may. */
  unfinished(): string | undefined;
  /** What of a whole record is content, for stages that get one record at a time. */
  unwrap(record: Buffer): Buffer;
  /** True when the bytes between two ends hold nothing: an empty line. */
  isBlank(record: Buffer): boolean;
}

export type SplitType = 'None' | 'Line' | 'RecordIO' | 'TFRecord';

export interface SplitOptions {
  split: SplitType;
  /** Line only: a newline between double quotes does not end a record. Beyond SageMaker. */
  quotedNewlines: boolean;
}

export function createScanner({ split, quotedNewlines }: SplitOptions): RecordScanner {
  switch (split) {
    case 'None':
      return new WholeScanner();
    case 'Line':
      return quotedNewlines ? new QuotedLineScanner() : new LineScanner();
    case 'RecordIO':
      return new RecordIoScanner();
    case 'TFRecord':
      return new TfRecordScanner();
  }
}

/** The whole input is one record. */
class WholeScanner implements RecordScanner {
  scan(): number[] {
    return [];
  }
  unfinished(): undefined {
    return undefined;
  }
  unwrap(record: Buffer): Buffer {
    return record;
  }
  isBlank(): boolean {
    return false;
  }
}

const NEWLINE = 10;
const RETURN = 13;
const QUOTE = 34;

/** A record is a line; the last one needs no newline. */
class LineScanner implements RecordScanner {
  scan(chunk: Buffer): number[] {
    const ends: number[] = [];
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) {
      ends.push(at + 1);
    }
    return ends;
  }
  unfinished(): string | undefined {
    return undefined;
  }
  unwrap(record: Buffer): Buffer {
    let end = record.length;
    if (record[end - 1] === NEWLINE) end -= 1;
    if (record[end - 1] === RETURN) end -= 1;
    return record.subarray(0, end);
  }
  isBlank(record: Buffer): boolean {
    return record.length <= 2 && this.unwrap(record).length === 0;
  }
}

class QuotedLineScanner extends LineScanner {
  #isQuoted = false;

  override scan(chunk: Buffer): number[] {
    const ends: number[] = [];
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      // A quote that is doubled to stand for itself turns the state twice.
      if (byte === QUOTE) this.#isQuoted = !this.#isQuoted;
      else if (byte === NEWLINE && !this.#isQuoted) ends.push(at + 1);
    }
    return ends;
  }
  override unfinished(): string | undefined {
    return this.#isQuoted ? 'it ends inside double quotes' : undefined;
  }
}

/** Records that begin with a header of fixed size which tells the length of the rest. */
abstract class LengthScanner implements RecordScanner {
  readonly #header: Buffer;
  #headerBytes = 0;
  /** Bytes of the record that are still to come, once its header is known. */
  #left = 0;
  /** The record goes on in another frame. */
  #continues = false;

  constructor(headerBytes: number) {
    this.#header = Buffer.alloc(headerBytes);
  }

  /** @throws RecordFormatError when this is no header */
  protected abstract readHeader(header: Buffer): { left: number; continues: boolean };
  abstract unwrap(record: Buffer): Buffer;

  scan(chunk: Buffer): number[] {
    const ends: number[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#headerBytes < this.#header.length) {
        const taken = chunk.copy(this.#header, this.#headerBytes, at);
        this.#headerBytes += taken;
        at += taken;
        if (this.#headerBytes < this.#header.length) break;
        const { left, continues } = this.readHeader(this.#header);
        this.#left = left;
        this.#continues = continues;
      }
      const skipped = Math.min(this.#left, chunk.length - at);
      this.#left -= skipped;
      at += skipped;
      if (this.#left > 0) break;
      this.#headerBytes = 0;
      if (!this.#continues) ends.push(at);
    }
    return ends;
  }
  unfinished(): string | undefined {
    const isWhole = this.#headerBytes === 0 && !this.#continues;
    return isWhole ? undefined : 'it ends in the middle of a record';
  }
  isBlank(): boolean {
    return false;
  }
}

/** The bytes are not of the format that SplitType names. */
export class RecordFormatError extends Error {
  override name = 'RecordFormatError';
}

const RECORDIO_MAGIC = 0xced7230a;
const RECORDIO_HEADER_BYTES = 8;
const CONTINUES = [1, 2];

/** MXNet RecordIO: magic, 3 bits of kind and 29 of length (little endian), data, padding to 4 bytes. */
class RecordIoScanner extends LengthScanner {
  constructor() {
    super(RECORDIO_HEADER_BYTES);
  }
  protected readHeader(header: Buffer) {
    const { length, kind } = recordIoFrame(header, 0);
    return { left: padded(length), continues: CONTINUES.includes(kind) };
  }
  unwrap(record: Buffer): Buffer {
    const frames: Buffer[] = [];
    for (let at = 0; at < record.length; ) {
      const { length } = recordIoFrame(record, at);
      // The writer took out a magic number that stood in the data, and cut the record there.
      if (frames.length > 0) frames.push(record.subarray(at, at + 4));
      frames.push(record.subarray(at + RECORDIO_HEADER_BYTES, at + RECORDIO_HEADER_BYTES + length));
      at += RECORDIO_HEADER_BYTES + padded(length);
    }
    return frames.length === 1 && frames[0] !== undefined ? frames[0] : Buffer.concat(frames);
  }
}

function recordIoFrame(bytes: Buffer, at: number): { length: number; kind: number } {
  if (bytes.readUInt32LE(at) !== RECORDIO_MAGIC) {
    throw new RecordFormatError('a record does not begin with the magic number of RecordIO');
  }
  const word = bytes.readUInt32LE(at + 4);
  return { kind: word >>> 29, length: word & 0x1fffffff };
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

const TF_HEADER_BYTES = 12;
const TF_FOOTER_BYTES = 4;

/** TFRecord: length (8 bytes, little endian), its checksum (4), data, their checksum (4). */
class TfRecordScanner extends LengthScanner {
  constructor() {
    super(TF_HEADER_BYTES);
  }
  protected readHeader(header: Buffer) {
    const length = header.readBigUInt64LE(0);
    if (length > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new RecordFormatError('a record claims a length that no TFRecord can have');
    }
    return { left: Number(length) + TF_FOOTER_BYTES, continues: false };
  }
  unwrap(record: Buffer): Buffer {
    return record.subarray(TF_HEADER_BYTES, record.length - TF_FOOTER_BYTES);
  }
}
