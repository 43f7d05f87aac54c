import type { ChainStop } from '../chain-stop.ts';
import { BodyCollector } from '../http1/body-collector.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import type { StageFailure } from '../stage-failure.ts';
import type { Breakage, Exchange, StageConnection } from './connection.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { invocationHead } from './request-head.ts';

/** What one stage is asked. */
export interface StageCall {
  readonly port: number;
  /** Header lines, each with its line end, beside those of the framing. */
  readonly fields: string;
  readonly body: Buffer;
  /** Nobody needs the body once all of it is sent: the answer may be put in its place. */
  readonly mayReuse?: boolean;
  /** The most bytes of an answer to take; of one that streams, there is no bound. */
  readonly maxBytes: number;
  /** Ends the hop from outside. */
  readonly stop: ChainStop;
  /** Where the body goes as it comes. Without it, the answer is taken whole. */
  readonly stream?: AnswerStream | undefined;
}

/** Takes a 2xx answer piece by piece. */
export interface AnswerStream {
  /** The answer has begun: its body in the argument is still empty. */
  begin(answer: StageAnswer, flow: Flow): void;
  /** The bytes are its own. @returns false when it wants no more for now: it resumes the flow. */
  write(bytes: Buffer): boolean;
}

export interface Flow {
  resume(): void;
}

/** A stage's 2xx answer. */
export interface StageAnswer {
  readonly status: number;
  /** Verbatim, parameters included; undefined when the stage sent none. */
  readonly contentType: string | undefined;
  readonly customAttributes: string | undefined;
  /** Empty when it was passed on as it came. */
  readonly body: Buffer;
  /** How long the body is, or was. */
  readonly bytes: number;
}

export type StageReply =
  | { readonly answer: StageAnswer; readonly failure?: undefined }
  | { readonly answer?: undefined; readonly failure: StageFailure };

// Message and OriginalMessage hold 2,048 characters, of up to six bytes each where JSON escapes them: a
// router's answer holds both.
const MAX_ERROR_BYTES = 32_768;
const MIN_REUSED_BYTES = 1_024;
const EMPTY = Buffer.alloc(0);

/** One request to one stage, from taking a connection to giving it back. */
export class Hop implements Exchange {
  readonly #call: StageCall;
  readonly #pool: ConnectionPool;
  readonly #settle: (reply: StageReply) => void;
  readonly #body = new BodyCollector();
  readonly #startedAt: number;
  #connection: StageConnection;
  #head: ResponseHead | undefined;
  #streamed = 0;
  #isOver = false;

  constructor(call: StageCall, pool: ConnectionPool, settle: (reply: StageReply) => void) {
    this.#call = call;
    this.#pool = pool;
    this.#settle = settle;
    this.#startedAt = performance.now();
    this.#connection = pool.take(this.#startedAt);
  }

  start(): void {
    this.#call.stop.onStop = this.#stopped;
    this.#send(this.#startedAt);
  }

  head(head: ResponseHead): void {
    this.#head = head;
    const announced = head.framing.kind === 'length' ? head.framing.bytes : 0;
    if (this.#streams()) {
      this.#beginStream(head);
    } else if (this.#isSuccess() && announced > this.#call.maxBytes) {
      this.#giveUp({ kind: 'too-large', status: head.status, bytes: announced, exact: true });
    } else if (announced > 0) {
      this.#expect(Math.min(announced, this.#bound()));
    }
  }

  /** A large answer takes the place of the request, so that a chain holds one body, not two. */
  #expect(bytes: number): void {
    const { body, mayReuse } = this.#call;
    const isFit =
      mayReuse && bytes >= MIN_REUSED_BYTES && bytes <= body.length && bytes >= body.length / 2;
    if (isFit && this.#connection.isSent) this.#body.reuse(body);
    else this.#body.expect(bytes);
  }

  body(bytes: Buffer): void {
    if (this.#isOver) return;
    if (this.#streams()) {
      this.#passOn(bytes);
      return;
    }
    const room = this.#bound() - this.#body.length;
    this.#body.add(bytes.length <= room ? bytes : bytes.subarray(0, room));
    if (bytes.length > room) this.#overflow();
  }

  space(): Buffer | undefined {
    if (this.#streams() || !this.#isSuccess()) return undefined;
    const space = this.#body.space();
    return space.length > 0 ? space : undefined;
  }

  filled(count: number): void {
    this.#body.filled(count);
  }

  end(): void {
    if (this.#isOver) return;
    this.#pool.give(this.#connection);
    const status = this.#status();
    if (!this.#isSuccess()) this.#fail(this.#refusal(status));
    else this.#reply({ answer: this.#answer(this.#streams() ? EMPTY : this.#body.body()) });
  }

  broken(how: Breakage): void {
    if (how === 'unread') {
      this.#connection = this.#pool.open();
      this.#send(performance.now());
    } else if (this.#head !== undefined) {
      this.#fail({ kind: 'broken-off', status: this.#head.status });
    } else {
      this.#fail({ kind: how === 'malformed' ? 'not-http' : how });
    }
  }

  #send(now: number): void {
    const { port, fields, body } = this.#call;
    this.#connection.send(invocationHead(port, fields, body.length), body, this, now);
  }

  /** A success that is passed on as it comes. */
  #streams(): boolean {
    return this.#call.stream !== undefined && this.#isSuccess();
  }

  #beginStream(head: ResponseHead): void {
    const connection = this.#connection;
    this.#call.stream?.begin(this.#answer(EMPTY, head), { resume: () => connection.resume() });
  }

  #passOn(bytes: Buffer): void {
    this.#streamed += bytes.length;
    if (this.#call.stream?.write(Buffer.from(bytes)) === false) this.#connection.pause();
  }

  /** More came than the bound: of an error its beginning will do. */
  #overflow(): void {
    const status = this.#status();
    this.#giveUp(
      this.#isSuccess()
        ? { kind: 'too-large', status, bytes: this.#call.maxBytes, exact: false }
        : this.#refusal(status),
    );
  }

  #refusal(status: number): StageFailure {
    const { serverTiming } = this.#head ?? {};
    return { kind: 'answered', status, message: this.#text(), serverTiming };
  }

  readonly #stopped = (why: 'timed-out' | 'caller-left'): void => this.#giveUp({ kind: why });

  #giveUp(failure: StageFailure): void {
    this.#connection.destroy();
    this.#fail(failure);
  }

  #fail(failure: StageFailure): void {
    this.#reply({ failure });
  }

  #reply(reply: StageReply): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#call.stop.onStop = undefined;
    this.#settle(reply);
  }

  #answer(body: Buffer, head = this.#head): StageAnswer {
    return {
      status: head?.status ?? 0,
      contentType: head?.contentType,
      customAttributes: head?.customAttributes,
      body,
      bytes: body.length + this.#streamed,
    };
  }

  #text(): string {
    return this.#body.body().toString('utf8');
  }

  #bound(): number {
    return this.#isSuccess() ? this.#call.maxBytes : MAX_ERROR_BYTES;
  }

  #status(): number {
    return this.#head?.status ?? 0;
  }

  #isSuccess(): boolean {
    const status = this.#status();
    return status >= 200 && status < 300;
  }
}
