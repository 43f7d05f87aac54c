import { connect, type Socket } from 'node:net';
import { Malformed } from '../http1/field-lines.ts';
import { MessageParser, type MessageReceiver } from '../http1/message-parser.ts';
import { type ResponseHead, ResponseHeadReader } from '../http1/response-head.ts';
import { writeMessage } from '../http1/write-message.ts';

/** Takes one answer, or why there is none. One of `end` and `broken` is called, once. */
export interface Exchange extends MessageReceiver<ResponseHead> {
  /** The answer is whole. */
  end(): void;
  /** Where the next bytes of a body of known length may go at once, without a copy. */
  space(): Buffer | undefined;
  /** `count` bytes were put into {@link space}. */
  filled(count: number): void;
  broken(how: Breakage): void;
}

export type Breakage =
  /** Nothing listens on the port. */
  | 'refused'
  /** It took no connection in time. */
  | 'not-accepted'
  /** The connection ended, and the stage has provably read nothing of the request. */
  | 'unread'
  /** The connection ended before the answer did. */
  | 'closed'
  | 'malformed';

const CONNECT_TIMEOUT_MS = 5_000;
const SCRATCH_BYTES = 65_536;
/** A body of which less than this is missing is not worth a read of its own. */
const MIN_SPACE_BYTES = 16_384;
/** Such a request is one segment on loopback (MTU 65,536), so a stage has all or nothing of it. */
const ONE_SEGMENT_BYTES = 32_768;

/** All sockets read into this. What is read is used, or copied, before the next read. */
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/** One connection to a stage, which carries one exchange at a time. */
export class StageConnection implements MessageReceiver<ResponseHead> {
  readonly #socket: Socket;
  readonly #onIdleEnd: (connection: StageConnection) => void;
  #exchange: Exchange | undefined;
  readonly #parser = new MessageParser<ResponseHead>(this, new ResponseHeadReader());
  /** The stage keeps the connection open, and has sent nothing after the end of its answer. */
  #mayStay = false;
  #isOneSegment = false;
  /** Milliseconds of `performance.now()`. */
  #sentAt = 0;
  /** It has carried an exchange before. */
  #isUsed = false;
  #connectTimer: NodeJS.Timeout | undefined;

  /** @param onIdleEnd called when the stage ends the connection between two exchanges. */
  constructor(port: number, onIdleEnd: (connection: StageConnection) => void) {
    this.#onIdleEnd = onIdleEnd;
    let space: Buffer | undefined;
    const socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      // After the stage's end of the connection, one write tells whether it read the request.
      allowHalfOpen: true,
      onread: {
        buffer: () => {
          space = this.#space();
          return space ?? scratch;
        },
        callback: (count) => {
          if (space === undefined) this.#read(count);
          else this.#readInPlace(count);
          return true;
        },
      },
    });
    this.#socket = socket;
    this.#connectTimer = setTimeout(() => this.#break('not-accepted'), CONNECT_TIMEOUT_MS);
    socket.once('connect', () => this.#connected());
    socket.on('end', () => this.#ended());
    socket.on('error', (error) => this.#failed(error));
    socket.on('close', () => this.#break('closed'));
  }

  /** When the last request was written, as `performance.now()` tells it. */
  get sentAt(): number {
    return this.#sentAt;
  }

  /** Nothing of the request is left to be sent. */
  get isSent(): boolean {
    return this.#socket.writableLength === 0;
  }

  /** The last exchange is over, and another one may follow. */
  get isReusable(): boolean {
    const { destroyed, writableLength } = this.#socket;
    return !destroyed && writableLength === 0 && this.#mayStay && this.#exchange === undefined;
  }

  head(head: ResponseHead): void {
    this.#mayStay = head.keepAlive;
    this.#exchange?.head(head);
  }

  body(bytes: Buffer): void {
    this.#exchange?.body(bytes);
  }

  /** @param now as `performance.now()` told it no longer ago than the request took to be made */
  send(head: string, body: Buffer, exchange: Exchange, now: number): void {
    this.#exchange = exchange;
    this.#parser.next();
    this.#isOneSegment = head.length + body.length <= ONE_SEGMENT_BYTES;
    this.#sentAt = now;
    writeMessage(this.#socket, head, body);
    // The kernel refused the very first byte: the stage had reset the connection before.
    if (this.#socket.errored !== null) this.#break('unread');
  }

  /** Stops to take bytes until `resume`. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends the connection at once. The exchange, if one runs, hears nothing more. */
  destroy(): void {
    this.#exchange = undefined;
    clearTimeout(this.#connectTimer);
    this.#socket.destroy();
  }

  #connected(): void {
    clearTimeout(this.#connectTimer);
    this.#connectTimer = undefined;
  }

  #space(): Buffer | undefined {
    const left = this.#parser.bodyLeft;
    return left < MIN_SPACE_BYTES ? undefined : this.#exchange?.space();
  }

  /** `count` bytes lie in the scratch memory. */
  #read(count: number): void {
    if (this.#exchange === undefined) {
      // Bytes that nobody asked for, or those after the end of the last answer.
      this.#idleEnd();
      return;
    }
    try {
      const used = this.#parser.feed(scratch, count);
      // Not an error of this answer (RFC 9112, section 9.2), but the end of the connection.
      if (used !== count) this.#mayStay = false;
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.#break('malformed');
      return;
    }
    if (this.#parser.done) this.#finish();
  }

  #readInPlace(count: number): void {
    this.#exchange?.filled(count);
    this.#parser.skipBody(count);
    if (this.#parser.done) this.#finish();
  }

  #finish(): void {
    this.#isUsed = true;
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.end();
  }

  #ended(): void {
    if (this.#exchange === undefined) this.#idleEnd();
    else if (this.#parser.close()) this.#finish();
    else this.#break(this.#isUnread() ? 'unread' : 'closed');
  }

  /**
   * The stage has ended a connection that worked before, without a byte in answer: did it read the
   * request? When its kernel has also reset the connection, which the next write shows, then the
   * request came to a socket that was closed already. A stage that had read it, or may yet read it,
   * has nothing to reset.
   */
  #isUnread(): boolean {
    if (!this.#isUsed || !this.#isOneSegment || this.#parser.started) return false;
    this.#socket.write('\r\n');
    return this.#socket.errored !== null;
  }

  #failed(error: Error): void {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'ECONNREFUSED') this.#break('refused');
    else this.#break(syscall === 'connect' ? 'not-accepted' : 'closed');
  }

  #break(how: Breakage): void {
    const exchange = this.#exchange;
    if (exchange === undefined) {
      this.#idleEnd();
      return;
    }
    this.destroy();
    exchange.broken(how);
  }

  #idleEnd(): void {
    this.destroy();
    this.#onIdleEnd(this);
  }
}
