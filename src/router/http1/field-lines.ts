/** What was read is not HTTP/1.x, or not HTTP that has one meaning only. */
export class Malformed extends Error {
  override name = 'Malformed';
}

/** Where a body ends (RFC 9112, section 6.3). */
export type Framing =
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

export const NO_BODY: Framing = { kind: 'length', bytes: 0 };
const CHUNKED: Framing = { kind: 'chunked' };
export const UNTIL_CLOSE: Framing = { kind: 'until-close' };

// Each class is repeated once, so a line takes linear time, whatever the other side writes.
const FIELD_LINE = /[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n/y;
const LENGTH = /^\d{1,15}$/;

/** Checks the field line at `from`: it ends with the first line feed after that. @throws Malformed */
export function checkFieldLine(text: string, from: number): void {
  FIELD_LINE.lastIndex = from;
  if (!FIELD_LINE.test(text)) throw new Malformed('bad header line');
}

/** The value of a checked line, without the spaces and tabs around it (`trim` would take more). */
export function fieldValue(text: string, colon: number, end: number): string {
  let first = colon + 1;
  let last = end - 2;
  while (first < last && isBlank(text.charCodeAt(first))) first += 1;
  while (last > first && isBlank(text.charCodeAt(last - 1))) last -= 1;
  return text.slice(first, last);
}

/** A Content-Length in bytes. @throws Malformed */
export function lengthOf(value: string): number {
  if (!LENGTH.test(value)) throw new Malformed('bad Content-Length');
  return Number(value);
}

/** The one transfer coding that every recipient knows. @throws Malformed for every other one */
export function checkCoding(value: string): void {
  if (value.toLowerCase() !== 'chunked') throw new Malformed('a transfer coding but chunked');
}

/**
 * Where the body of a message ends whose head has these fields.
 * @param minor of the HTTP/1 version
 * @param otherwise without a length and without a coding
 * @throws Malformed
 */
export function framingOf(
  length: number | undefined,
  isChunked: boolean,
  minor: number,
  otherwise: Framing,
): Framing {
  if (!isChunked) return length === undefined ? otherwise : { kind: 'length', bytes: length };
  if (length !== undefined) throw new Malformed('two framings');
  if (minor === 0) throw new Malformed('a transfer coding in HTTP/1.0');
  return CHUNKED;
}

/** The options of a Connection field that mean something to us. */
export function connectionOptions(value: string): { close: boolean; keepAlive: boolean } {
  const options = value.split(',').map((option) => option.trim().toLowerCase());
  return { close: options.includes('close'), keepAlive: options.includes('keep-alive') };
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
