import {
  checkCoding,
  connectionOptions,
  type Framing,
  fieldValue,
  framingOf,
  lengthOf,
  Malformed,
  NO_BODY,
} from './field-lines.ts';
import type { HeadReader } from './message-parser.ts';

/** The head of a caller's request. */
export interface RequestHead {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** By lower-case name; fields that came more than once are joined as RFC 9110 says. */
  readonly fields: ReadonlyMap<string, string>;
  readonly framing: Framing;
  readonly keepAlive: boolean;
  /** The caller waits for `100 Continue` before it sends the body. */
  readonly waits: boolean;
}

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\/[\x21-\x7e]*) HTTP\/1\.([01])\r\n$/;

/** Fields of which a second one would leave open which of the two counts. */
const ONCE = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'content-type',
  'expect',
  'traceparent',
  'x-amzn-sagemaker-custom-attributes',
  'x-amzn-sagemaker-inference-id',
  'x-amzn-sagemaker-target-container-hostname',
  'x-headrace-timeout-ms',
  'x-headrace-fleet',
]);

/** Reads the lines of the heads of requests, as they come. */
export class RequestHeadReader implements HeadReader<RequestHead> {
  readonly start = '';
  #fields = new Map<string, string>();
  #method = '';
  #path = '';
  #minor = 1;

  startLine(line: string): void {
    const match = REQUEST_LINE.exec(line);
    if (match === null) throw new Malformed('bad request line');
    const [, method = '', target = '', minor] = match;
    const query = target.indexOf('?');
    this.#fields = new Map();
    this.#method = method;
    this.#path = query < 0 ? target : target.slice(0, query);
    this.#minor = Number(minor);
  }

  field(text: string, from: number, colon: number, end: number): void {
    const name = text.slice(from, colon).toLowerCase();
    const value = fieldValue(text, colon, end);
    const before = this.#fields.get(name);
    if (before !== undefined && ONCE.has(name)) throw new Malformed(`two ${name} fields`);
    this.#fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }

  finish(): RequestHead {
    const fields = this.#fields;
    const isNew = this.#minor === 1;
    if (isNew && !fields.has('host')) throw new Malformed('no Host');
    const { close, keepAlive } = connectionOptions(fields.get('connection') ?? '');
    return {
      method: this.#method,
      path: this.#path,
      fields,
      framing: this.#framing(),
      keepAlive: !close && (isNew || keepAlive),
      waits: isNew && this.#expects(),
    };
  }

  #framing(): Framing {
    const length = this.#fields.get('content-length');
    const coding = this.#fields.get('transfer-encoding');
    if (coding !== undefined) checkCoding(coding);
    const bytes = length === undefined ? undefined : lengthOf(length);
    return framingOf(bytes, coding !== undefined, this.#minor, NO_BODY);
  }

  #expects(): boolean {
    const expected = this.#fields.get('expect')?.toLowerCase();
    if (expected !== undefined && expected !== '100-continue')
      throw new Malformed('an expectation');
    return expected !== undefined;
  }
}
