import { checkFieldLine, type Framing, Malformed } from './field-lines.ts';

/** Reads the lines of one head after the other. */
export interface HeadReader<Head> {
  /** The text that every start line begins with; empty when there is none. */
  readonly start: string;
  /** Begins a head: nothing of the one before is left. @throws Malformed */
  startLine(line: string): void;
  /** Takes a well-formed field line: its name is `from` to `colon`, and the next line starts at `end`. @throws Malformed */
  field(text: string, from: number, colon: number, end: number): void;
  /** The blank line was read. undefined: another head follows. @throws Malformed */
  finish(): Head | undefined;
}

/** Takes the parts of one message, in order. */
export interface MessageReceiver<Head> {
  head(head: Head): void;
  /** A view of memory that is used again: keep a copy. */
  body(bytes: Buffer): void;
}

type State =
  | 'head'
  | 'length'
  | 'until-close'
  | 'chunk-size'
  | 'chunk-data'
  | 'chunk-end'
  | 'trailers'
  | 'done';

/** Status line, header fields, trailers, and the interim answers before them, all in all. */
const MAX_HEAD_BYTES = 65_536;
const MAX_CHUNK_LINE_BYTES = 1_024;
const MAX_SKIPPED_BYTES = 16 * 1_048_576;
/** Bytes of a head that are made text at a time: whole, as a rule, with little of the body behind it. */
const HEAD_PIECE_BYTES = 1_024;
/** The heads of one connection are about as long as each other: room for so many bytes more than the last one had. */
const HEAD_SLACK_BYTES = 32;

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = '"[\\t !#-~\\x80-\\xff]*"';
const CHUNK_LINE = new RegExp(
  `^([0-9a-fA-F]{1,12})(?:;${TOKEN}(?:=(?:${TOKEN}|${QUOTED}))?)*\\r\\n$`,
);
/** Fields that say where the body ends come too late in a trailer (RFC 9110, section 6.5.1). */
const FRAMING_FIELD = /^(?:content-length|transfer-encoding):/i;
const CR = 0x0d;
const LF = 0x0a;

/**
 * Reads one HTTP/1.x message, in whatever pieces it comes (RFC 9112), and the next one after `next`.
 * Strict: what has no one meaning is malformed: bare line feeds, folded lines, two lengths, a length
 * beside chunks. Pure: bytes in, calls of the receiver out.
 */
export class MessageParser<Head extends { readonly framing: Framing }> {
  readonly #receiver: MessageReceiver<Head>;
  readonly #reader: HeadReader<Head>;
  #state: State = 'head';
  #lines = 0;
  /** The text of lines that are not complete yet. */
  #text = '';
  #headBytes = 0;
  #chunkLineBytes = 0;
  /** Bytes of the body, or of the chunk, that are still to come. */
  #left = 0;
  #started = false;
  #pieceBytes = HEAD_PIECE_BYTES;

  constructor(receiver: MessageReceiver<Head>, reader: HeadReader<Head>) {
    this.#receiver = receiver;
    this.#reader = reader;
  }

  /** A byte of the message was read. */
  get started(): boolean {
    return this.#started;
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  /** Bytes still to come of a body whose length is known; 0 in every other state. */
  get bodyLeft(): number {
    return this.#state === 'length' ? this.#left : 0;
  }

  /** The next message begins: this one is done, and its parser may be used again. */
  next(): void {
    this.#state = 'head';
    this.#headBytes = 0;
    this.#chunkLineBytes = 0;
    this.#started = false;
  }

  /**
   * @param size how many of the bytes were read; what lies behind them is not looked at.
   * @returns how many of them belong to the message; what follows does not.
   * @throws Malformed; the parser is of no use after that.
   */
  feed(bytes: Buffer, size = bytes.length): number {
    if (size > 0) this.#started = true;
    let at = 0;
    while (at < size) {
      switch (this.#state) {
        case 'head':
          at = this.#readHead(bytes, at, size);
          break;
        case 'length':
          at = this.#readBody(bytes, at, size);
          if (this.#left === 0) this.#state = 'done';
          break;
        case 'chunk-data':
          at = this.#readBody(bytes, at, size);
          if (this.#left === 0) this.#state = 'chunk-end';
          break;
        case 'until-close':
          this.#receiver.body(part(bytes, at, size));
          at = size;
          break;
        case 'chunk-size':
          at = this.#readChunkSize(bytes, at, size);
          break;
        case 'chunk-end':
          at = this.#readChunkEnd(bytes, at);
          break;
        case 'trailers':
          at = this.#readTrailers(bytes, at, size);
          break;
        case 'done':
          return at;
      }
    }
    return at;
  }

  /** `count` bytes of the body were read past the parser, to where the receiver wants them. */
  skipBody(count: number): void {
    this.#left -= count;
    if (this.#left === 0) this.#state = 'done';
  }

  /** The other side has closed in good order. @returns whether the message is whole. */
  close(): boolean {
    if (this.#state === 'until-close') this.#state = 'done';
    return this.done;
  }

  #readHead(bytes: Buffer, at: number, size: number): number {
    const to = Math.min(size, at + this.#pieceBytes);
    const before = this.#text.length;
    const piece = bytes.toString('latin1', at, to);
    this.#text += piece;
    const { start } = this.#reader;
    if (this.#lines === 0 && before < start.length) checkStart(this.#text, start);
    // A search through all of the text, for every byte that dribbles in, would take its square.
    const used = piece.includes('\n') ? this.#readLines() : -1;
    if (used < 0) {
      if (this.#headBytes + this.#text.length > MAX_HEAD_BYTES) this.#count(this.#text.length);
      return to;
    }
    this.#text = '';
    this.#pieceBytes = Math.min(HEAD_PIECE_BYTES, used + HEAD_SLACK_BYTES);
    this.#endHead();
    return at + used - before;
  }

  /** Reads what lines are complete. @returns the length of the text up to the blank line, or -1. */
  #readLines(): number {
    const text = this.#text;
    let at = 0;
    for (;;) {
      const feed = text.indexOf('\n', at);
      if (feed < 0) break;
      this.#count(feed + 1 - at);
      if (this.#lines === 0) {
        this.#reader.startLine(text.slice(at, feed + 1));
      } else if (feed === at + 1 && text.charCodeAt(at) === CR) {
        return feed + 1;
      } else {
        checkFieldLine(text, at);
        this.#reader.field(text, at, text.indexOf(':', at), feed + 1);
      }
      this.#lines += 1;
      at = feed + 1;
    }
    this.#text = text.slice(at);
    return -1;
  }

  #endHead(): void {
    const head = this.#reader.finish();
    this.#lines = 0;
    if (head === undefined) return;
    this.#receiver.head(head);
    switch (head.framing.kind) {
      case 'length':
        this.#left = head.framing.bytes;
        this.#state = this.#left === 0 ? 'done' : 'length';
        break;
      case 'chunked':
        this.#state = 'chunk-size';
        break;
      case 'until-close':
        this.#state = 'until-close';
        break;
    }
  }

  #readBody(bytes: Buffer, at: number, size: number): number {
    const to = Math.min(size, at + this.#left);
    this.#left -= to - at;
    this.#receiver.body(part(bytes, at, to));
    return to;
  }

  #readChunkSize(bytes: Buffer, at: number, size: number): number {
    const to = lineEnd(bytes, at, size);
    this.#text += bytes.toString('latin1', at, to);
    if (this.#text.length > MAX_CHUNK_LINE_BYTES) throw new Malformed('a long chunk line');
    if (!this.#text.endsWith('\n')) return to;
    const match = CHUNK_LINE.exec(this.#text);
    if (match === null) throw new Malformed('bad chunk size');
    // Extensions are thrown away; so is a stage that sends little else.
    this.#chunkLineBytes += this.#text.length - (match[1]?.length ?? 0) - 2;
    if (this.#chunkLineBytes > MAX_SKIPPED_BYTES) throw new Malformed('chunk extensions');
    this.#text = '';
    this.#left = Number.parseInt(match[1] ?? '', 16);
    this.#state = this.#left === 0 ? 'trailers' : 'chunk-data';
    return to;
  }

  #readChunkEnd(bytes: Buffer, at: number): number {
    const expected = this.#text === '' ? CR : LF;
    if (bytes[at] !== expected) throw new Malformed('a chunk longer than its size');
    if (expected === CR) this.#text = '\r';
    else {
      this.#text = '';
      this.#state = 'chunk-size';
    }
    return at + 1;
  }

  #readTrailers(bytes: Buffer, at: number, size: number): number {
    const to = lineEnd(bytes, at, size);
    this.#count(to - at);
    this.#text += bytes.toString('latin1', at, to);
    if (!this.#text.endsWith('\n')) return to;
    if (this.#text === '\r\n') this.#state = 'done';
    else checkTrailer(this.#text);
    this.#text = '';
    return to;
  }

  #count(bytes: number): void {
    this.#headBytes += bytes;
    if (this.#headBytes > MAX_HEAD_BYTES) throw new Malformed('a flood of headers');
  }
}

function part(bytes: Buffer, from: number, to: number): Buffer {
  return from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to);
}

/** Where the line that begins at `at` ends, or what was read of it. */
function lineEnd(bytes: Buffer, at: number, size: number): number {
  const feed = part(bytes, at, size).indexOf(LF);
  return feed < 0 ? size : at + feed + 1;
}

function checkTrailer(line: string): void {
  checkFieldLine(line, 0);
  if (FRAMING_FIELD.test(line)) throw new Malformed('framing in a trailer');
}

/** What is not HTTP is told from its first bytes: no line of it may ever end. */
function checkStart(text: string, start: string): void {
  const starts = text.startsWith(start) || start.startsWith(text);
  if (!starts) throw new Malformed('not HTTP');
}
