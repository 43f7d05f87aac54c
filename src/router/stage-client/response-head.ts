/** The head of a stage's answer, as far as the router looks at it. */
export interface ResponseHead {
  /** 200..999: an interim answer (1xx) never gets here. */
  readonly status: number;
  /** Verbatim, parameters included; undefined when the stage sent none. */
  readonly contentType: string | undefined;
  readonly customAttributes: string | undefined;
  readonly framing: Framing;
  /** Whether the connection may carry another request once the body is through. */
  readonly keepAlive: boolean;
}

/** Where the body ends (RFC 9112, section 6.3). */
export type Framing =
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

/** What a stage sent is not HTTP, or not HTTP that has one meaning only. */
export class MalformedResponse extends Error {
  override name = 'MalformedResponse';
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?\r\n$/;
// Each repeats one class, once: a line takes linear time, whatever a stage writes.
const FIELD_LINE = /[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n/y;
const LENGTH = /^\d{1,15}$/;

/** The start of every answer; what differs from it is refused before a line is complete. */
export const RESPONSE_START = 'HTTP/1.';

const NO_BODY: Framing = { kind: 'length', bytes: 0 };
const CHUNKED: Framing = { kind: 'chunked' };
const UNTIL_CLOSE: Framing = { kind: 'until-close' };

/** Reads the lines of one head, as they come. */
export class HeadReader {
  #status = 0;
  #minor = 1;
  #length: string | undefined;
  #coding: string | undefined;
  #contentType: string | undefined;
  #customAttributes: string | undefined;
  #close = false;
  #stay = false;

  get status(): number {
    return this.#status;
  }

  /** @throws MalformedResponse */
  statusLine(line: string): void {
    const match = STATUS_LINE.exec(line);
    if (match === null) throw new MalformedResponse('bad status line');
    this.#minor = Number(match[1]);
    this.#status = Number(match[2]);
    if (this.#status === 101) throw new MalformedResponse('switching protocols unasked');
  }

  /** Reads the field line at `from`, and returns where the next one starts. @throws MalformedResponse */
  fieldLine(text: string, from: number): number {
    const end = checkFieldLine(text, from);
    const colon = text.indexOf(':', from);
    // The length of the name tells the few fields that matter from all the others.
    switch (colon - from) {
      case 10:
        if (named(text, from, colon, 'connection')) this.#connection(fieldValue(text, colon, end));
        else if (named(text, from, colon, 'keep-alive'))
          this.#keepAlive(fieldValue(text, colon, end));
        break;
      case 12:
        if (named(text, from, colon, 'content-type')) {
          if (this.#contentType !== undefined) throw new MalformedResponse('two Content-Types');
          this.#contentType = fieldValue(text, colon, end);
        }
        break;
      case 14:
        if (named(text, from, colon, 'content-length')) {
          if (this.#length !== undefined) throw new MalformedResponse('two Content-Lengths');
          this.#length = fieldValue(text, colon, end);
          if (!LENGTH.test(this.#length)) throw new MalformedResponse('bad Content-Length');
        }
        break;
      case 17:
        if (named(text, from, colon, 'transfer-encoding')) {
          if (this.#coding !== undefined) throw new MalformedResponse('two Transfer-Encodings');
          this.#coding = fieldValue(text, colon, end);
          if (this.#coding.toLowerCase() !== 'chunked') {
            throw new MalformedResponse('a transfer coding that was not asked for');
          }
        }
        break;
      case 34:
        if (named(text, from, colon, 'x-amzn-sagemaker-custom-attributes')) {
          if (this.#customAttributes !== undefined) throw new MalformedResponse('two attributes');
          this.#customAttributes = fieldValue(text, colon, end);
        }
        break;
    }
    return end;
  }

  /** The blank line was read. @throws MalformedResponse */
  finish(): ResponseHead {
    const status = this.#status;
    if (this.#coding !== undefined) {
      if (this.#length !== undefined) throw new MalformedResponse('two framings');
      if (this.#minor === 0) throw new MalformedResponse('a transfer coding in HTTP/1.0');
    }
    if (status < 200 && (this.#coding ?? this.#length) !== undefined) {
      throw new MalformedResponse('an interim answer with a body');
    }
    const bodiless = status < 200 || status === 204 || status === 304;
    const framing = bodiless ? NO_BODY : this.#framing();
    // A body that must not be there may follow all the same: not on a connection that is used again.
    const clean = !bodiless || (this.#coding === undefined && Number(this.#length ?? 0) === 0);
    const stays = this.#minor === 1 ? !this.#close : this.#stay && !this.#close;
    return {
      status,
      contentType: this.#contentType,
      customAttributes: this.#customAttributes,
      framing,
      keepAlive: stays && clean && framing.kind !== 'until-close',
    };
  }

  #framing(): Framing {
    if (this.#coding !== undefined) return CHUNKED;
    if (this.#length === undefined) return UNTIL_CLOSE;
    return { kind: 'length', bytes: Number(this.#length) };
  }

  #connection(value: string): void {
    for (const option of value.toLowerCase().split(',')) {
      const name = option.trim();
      if (name === 'close') this.#close = true;
      if (name === 'keep-alive') this.#stay = true;
    }
  }

  #keepAlive(value: string): void {
    if (/\btimeout\s*=\s*0\b/i.test(value)) this.#close = true;
  }
}

/** Checks the field line at `from`, and returns where the next line starts. @throws MalformedResponse */
export function checkFieldLine(text: string, from: number): number {
  FIELD_LINE.lastIndex = from;
  if (!FIELD_LINE.test(text)) throw new MalformedResponse('bad header line');
  return FIELD_LINE.lastIndex;
}

function named(text: string, from: number, colon: number, name: string): boolean {
  return text.slice(from, colon).toLowerCase() === name;
}

/** Without the spaces and tabs around it; `trim` would take more than those. */
function fieldValue(text: string, colon: number, end: number): string {
  let first = colon + 1;
  let last = end - 2;
  while (first < last && isBlank(text.charCodeAt(first))) first += 1;
  while (last > first && isBlank(text.charCodeAt(last - 1))) last -= 1;
  return text.slice(first, last);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
