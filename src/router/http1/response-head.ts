import {
  checkCoding,
  connectionOptions,
  type Framing,
  fieldValue,
  framingOf,
  lengthOf,
  Malformed,
  NO_BODY,
  UNTIL_CLOSE,
} from './field-lines.ts';
import type { HeadReader } from './message-parser.ts';

/** The head of a stage's answer, as far as the router looks at it. */
export interface ResponseHead {
  /** 200..999: an interim answer (1xx) never gets here. */
  readonly status: number;
  /** Verbatim, parameters included; undefined when the stage sent none. */
  readonly contentType: string | undefined;
  readonly customAttributes: string | undefined;
  /** A router's answer has it: what each stage took. */
  readonly serverTiming: string | undefined;
  readonly framing: Framing;
  /** Whether the connection may carry another request once the body is through. */
  readonly keepAlive: boolean;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?\r\n$/;

/** Reads the lines of the heads of answers, as they come. */
export class ResponseHeadReader implements HeadReader<ResponseHead> {
  /** What differs from this is no answer, whether or not its first line ever ends. */
  readonly start = 'HTTP/1.';
  #status = 0;
  #minor = 1;
  #length: number | undefined;
  #isChunked = false;
  #contentType: string | undefined;
  #customAttributes: string | undefined;
  #serverTiming: string | undefined;
  #close = false;
  #stay = false;

  startLine(line: string): void {
    const match = STATUS_LINE.exec(line);
    if (match === null) throw new Malformed('bad status line');
    this.#minor = Number(match[1]);
    this.#status = Number(match[2]);
    this.#length = undefined;
    this.#isChunked = false;
    this.#contentType = undefined;
    this.#customAttributes = undefined;
    this.#serverTiming = undefined;
    this.#close = false;
    this.#stay = false;
    if (this.#status === 101) throw new Malformed('switching protocols unasked');
  }

  field(text: string, from: number, colon: number, end: number): void {
    // The length of the name tells the few fields that matter from all the others.
    switch (colon - from) {
      case 10:
        if (named(text, from, colon, 'connection')) this.#connection(fieldValue(text, colon, end));
        else if (named(text, from, colon, 'keep-alive'))
          this.#keepAlive(fieldValue(text, colon, end));
        break;
      case 12:
        if (named(text, from, colon, 'content-type')) {
          if (this.#contentType !== undefined) throw new Malformed('two Content-Types');
          this.#contentType = fieldValue(text, colon, end);
        }
        break;
      case 13:
        if (named(text, from, colon, 'server-timing'))
          this.#serverTiming = fieldValue(text, colon, end);
        break;
      case 14:
        if (named(text, from, colon, 'content-length')) {
          if (this.#length !== undefined) throw new Malformed('two Content-Lengths');
          this.#length = lengthOf(fieldValue(text, colon, end));
        }
        break;
      case 17:
        if (named(text, from, colon, 'transfer-encoding')) {
          if (this.#isChunked) throw new Malformed('two Transfer-Encodings');
          checkCoding(fieldValue(text, colon, end));
          this.#isChunked = true;
        }
        break;
      case 34:
        if (named(text, from, colon, 'x-amzn-sagemaker-custom-attributes')) {
          if (this.#customAttributes !== undefined) throw new Malformed('two attributes');
          this.#customAttributes = fieldValue(text, colon, end);
        }
        break;
    }
  }

  /** undefined: an interim answer (1xx), which is skipped. @throws Malformed */
  finish(): ResponseHead | undefined {
    const status = this.#status;
    const announced = framingOf(this.#length, this.#isChunked, this.#minor, UNTIL_CLOSE);
    if (status < 200) {
      if (this.#isChunked || this.#length !== undefined) throw new Malformed('1xx with a body');
      return undefined;
    }
    const isBodiless = status === 204 || status === 304;
    if (isBodiless && (this.#length ?? 0) > 0) throw new Malformed(`a ${status} with a body`);
    // A body that must not be there may follow all the same: not on a connection that is used again.
    const isClean = !(isBodiless && this.#isChunked);
    const framing = isBodiless ? NO_BODY : announced;
    const stays = !this.#close && (this.#minor === 1 || this.#stay);
    return {
      status,
      contentType: this.#contentType,
      customAttributes: this.#customAttributes,
      serverTiming: this.#serverTiming,
      framing,
      keepAlive: stays && isClean && framing.kind !== 'until-close',
    };
  }

  #connection(value: string): void {
    const { close, keepAlive } = connectionOptions(value);
    this.#close ||= close;
    this.#stay ||= keepAlive;
  }

  #keepAlive(value: string): void {
    if (/\btimeout\s*=\s*0\b/i.test(value)) this.#close = true;
  }
}

function named(text: string, from: number, colon: number, name: string): boolean {
  return text.slice(from, colon).toLowerCase() === name;
}
