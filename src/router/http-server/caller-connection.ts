import type { Socket } from 'node:net';
import { BodyCollector } from '../http1/body-collector.ts';
import { Malformed } from '../http1/field-lines.ts';
import { MessageParser, type MessageReceiver } from '../http1/message-parser.ts';
import { type RequestHead, RequestHeadReader } from '../http1/request-head.ts';
import { writeMessage } from '../http1/write-message.ts';
import type { Reply } from '../reply.ts';
import { replyHead } from './reply-head.ts';

/** Where an answer goes. Whoever has one gives it once; nothing happens when the caller has left. */
export interface Caller {
  reply(reply: Reply): void;
  /** Begins an answer of unknown length: `write` and `endStream` follow, or `cut`. */
  beginStream(reply: Omit<Reply, 'body'>): void;
  /** @returns false when the caller reads too slowly: the job's `drained` is called when it goes on. */
  write(bytes: Buffer): boolean;
  endStream(): void;
  /** Ends the connection in the middle of the answer, so that nobody takes it for whole. */
  cut(): void;
}

/** What becomes of one request, from its head on. */
export interface Job {
  /** The most bytes of a body to take. */
  readonly maxBytes: number;
  /** So many bytes of a body that comes in pieces are there. */
  collected(bytes: number): void;
  body(bytes: Buffer): void;
  /** The body is over the bound, and the rest of it will not be kept. */
  tooLarge(): void;
  /** The caller left before it had the answer. */
  left(): void;
  /** The caller takes bytes of a stream again. */
  drained(): void;
  /** The answer has left the process, or never will: what it held is free. */
  over(): void;
}

export interface Application {
  /** Looks at the head of a request. undefined: it has been answered, and its body is not wanted. */
  begin(head: RequestHead, caller: Caller): Job | undefined;
  /** Answers a request that is not HTTP/1.x in good order. */
  malformed(reason: string, caller: Caller): void;
  readonly isDraining: () => boolean;
}

export type Phase = 'idle' | 'head' | 'body' | 'answering' | 'discarding';

/** Requests that a caller may send ahead, in bytes; more waits in the kernel. */
const MAX_AHEAD_BYTES = 65_536;
/** A body that is not wanted is read to its end this far, so that the caller gets to the answer. */
const MAX_DISCARDED_BYTES = 128 * 1_048_576;
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const EMPTY = Buffer.alloc(0);

/** One connection of a caller: its requests one after the other, each answered before the next. */
export class CallerConnection implements MessageReceiver<RequestHead>, Caller {
  readonly #socket: Socket;
  readonly #application: Application;
  readonly #parser = new MessageParser<RequestHead>(this, new RequestHeadReader());
  #phase: Phase = 'idle';
  /** When a look first found it in this phase. */
  #since: number | undefined;
  #head: RequestHead | undefined;
  #job: Job | undefined;
  #collected = new BodyCollector();
  #whole: Buffer | undefined;
  /** The Content-Length; 0 when there is none. */
  #announced = 0;
  #isReplied = false;
  #discarded = 0;
  #ahead = EMPTY;
  #isLast = false;
  #isMalformed = false;

  constructor(socket: Socket, application: Application) {
    this.#socket = socket;
    this.#application = application;
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    // A caller that ends its side has left: an answer could not be told from one to nobody.
    socket.on('end', () => this.destroy());
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.#closed());
    socket.on('drain', () => this.#job?.drained());
  }

  /**
   * What it does now, and for how many milliseconds looks have found it so: to ask the clock at every
   * change of phase would cost each request more than a look does.
   * @param now as `performance.now()` tells it
   */
  look(now: number): { readonly phase: Phase; readonly forMs: number } {
    this.#since ??= now;
    return { phase: this.#phase, forMs: now - this.#since };
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** No request of it is under way: it may be closed without a loss. */
  closeIfIdle(): void {
    if (this.#phase === 'idle' || this.#phase === 'discarding') this.#socket.destroy();
  }

  head(head: RequestHead): void {
    this.#head = head;
    this.#enter('body');
    const begun = this.#application.begin(head, this);
    if (begun === undefined) return;
    this.#job = begun;
    const announced = head.framing.kind === 'length' ? head.framing.bytes : 0;
    if (announced > begun.maxBytes) {
      begun.tooLarge();
      return;
    }
    this.#announced = announced;
    if (head.waits) this.#socket.write(CONTINUE, 'latin1');
  }

  body(bytes: Buffer): void {
    if (this.#isReplied) {
      this.#discard(bytes);
    } else if (this.#job && this.#collected.length + bytes.length > this.#job.maxBytes) {
      this.#job.tooLarge();
    } else if (bytes.length === this.#announced) {
      // All in one piece, in memory that Node gave to this piece alone: it needs no copy.
      this.#whole = bytes;
    } else {
      if (this.#collected.length === 0) this.#collected.expect(this.#announced);
      this.#collected.add(bytes);
      this.#job?.collected(this.#collected.length);
    }
  }

  reply({ body, ...rest }: Reply): void {
    if (this.#isReplied || this.#socket.destroyed) return;
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const head = this.#begin(rest, `Content-Length: ${bytes.length}\r\n`);
    writeMessage(this.#socket, head, bytes);
    this.#answered();
  }

  beginStream(reply: Omit<Reply, 'body'>): void {
    if (this.#isReplied || this.#socket.destroyed) return;
    this.#socket.write(this.#begin(reply, 'Transfer-Encoding: chunked\r\n'), 'latin1');
  }

  write(bytes: Buffer): boolean {
    const socket = this.#socket;
    if (bytes.length === 0 || socket.destroyed) return true;
    socket.cork();
    socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1');
    socket.write(bytes);
    const takesMore = socket.write('\r\n', 'latin1');
    socket.uncork();
    return takesMore;
  }

  endStream(): void {
    if (this.#socket.destroyed) return;
    this.#socket.write('0\r\n\r\n', 'latin1');
    this.#answered();
  }

  cut(): void {
    this.#socket.destroy();
  }

  #begin(reply: Omit<Reply, 'body'>, framing: string): string {
    this.#isReplied = true;
    const mayStay = this.#head?.keepAlive === true && reply.closes !== true;
    this.#isLast ||= !mayStay || this.#application.isDraining();
    return replyHead(reply, framing, this.#isLast);
  }

  /** The whole answer was handed to the socket. */
  #answered(): void {
    if (this.#socket.writableLength === 0) this.#sent();
    else this.#socket.write(EMPTY, () => this.#sent());
  }

  #sent(): void {
    this.#job?.over();
    this.#job = undefined;
    this.#collected = new BodyCollector();
    if (this.#socket.destroyed) return;
    if (!this.#parser.done) {
      this.#enter('discarding');
      if (this.#isLast) this.#socket.end();
      return;
    }
    this.#next();
  }

  #next(): void {
    if (this.#isLast) {
      this.#socket.destroySoon();
      return;
    }
    this.#isReplied = false;
    this.#discarded = 0;
    this.#head = undefined;
    this.#parser.next();
    this.#enter('idle');
    if (this.#ahead.length > 0) setImmediate(() => this.#readAhead());
  }

  /** Until it runs, whatever else arrives is put behind what was sent ahead. */
  #readAhead(): void {
    const ahead = this.#ahead;
    this.#ahead = EMPTY;
    this.#socket.resume();
    this.#read(ahead);
  }

  #read(bytes: Buffer): void {
    if (this.#parser.done || this.#ahead.length > 0) {
      this.#keepAhead(bytes);
      return;
    }
    if (this.#isMalformed) {
      this.#discard(bytes);
      return;
    }
    if (this.#phase === 'idle') this.#enter('head');
    let used: number;
    try {
      used = this.#parser.feed(bytes);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.#refuse(error.message);
      return;
    }
    if (used < bytes.length) this.#keepAhead(bytes.subarray(used));
    if (this.#parser.done) this.#received();
  }

  /** The request is whole. */
  #received(): void {
    if (this.#phase === 'discarding') {
      this.#next();
    } else if (!this.#isReplied) {
      this.#enter('answering');
      const body = this.#whole ?? this.#collected.body();
      this.#whole = undefined;
      this.#collected = new BodyCollector();
      this.#job?.body(body);
    }
  }

  #discard(bytes: Buffer): void {
    this.#discarded += bytes.length;
    if (this.#discarded > MAX_DISCARDED_BYTES) this.#socket.destroy();
  }

  #refuse(reason: string): void {
    this.#isMalformed = true;
    this.#isLast = true;
    if (this.#isReplied) this.#socket.destroy();
    else this.#application.malformed(reason, this);
  }

  #keepAhead(bytes: Buffer): void {
    this.#ahead = Buffer.concat([this.#ahead, bytes]);
    if (this.#ahead.length > MAX_AHEAD_BYTES) this.#socket.pause();
  }

  #closed(): void {
    const job = this.#job;
    this.#job = undefined;
    if (job === undefined) return;
    job.left();
    job.over();
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#since = undefined;
  }
}
