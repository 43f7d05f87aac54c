// Our reading of answers against undici's, over generated ones: HEADRACE_RESPONSES says how many.
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { Client } from 'undici';
import { expect, it } from 'vitest';
import { Malformed } from './field-lines.ts';
import { MessageParser } from './message-parser.ts';
import { type ResponseHead, ResponseHeadReader } from './response-head.ts';

const RUNS = Number(process.env.HEADRACE_RESPONSES ?? 5_000);

/** What a client makes of the bytes of a connection that ends after them. */
type Verdict =
  | { readonly status: number; readonly type: string | undefined; readonly body: string }
  | { readonly refused: string };

/** What the connection carried before: nothing of it may be left. */
const BEFORE = Buffer.from(
  'HTTP/1.0 503 Busy\r\nContent-Type: stale/type\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nstale',
);

/** Reads as a connection does: after another answer, out of memory that holds older bytes as well. */
function ours(pieces: readonly Buffer[]): Verdict {
  const body: Buffer[] = [];
  const heads: ResponseHead[] = [];
  const receiver = {
    head: (one: ResponseHead) => void heads.push(one),
    body: (bytes: Buffer) => void body.push(Buffer.from(bytes)),
  };
  const parser = new MessageParser(receiver, new ResponseHeadReader());
  parser.feed(BEFORE);
  parser.next();
  body.length = 0;
  try {
    for (const piece of pieces) parser.feed(Buffer.concat([piece, BEFORE]), piece.length);
  } catch (error) {
    if (error instanceof Malformed) return { refused: error.message };
    throw error;
  }
  const [, head] = heads;
  if (!parser.close() || head === undefined) return { refused: 'cut off' };
  const text = Buffer.concat(body).toString('latin1');
  return { status: head.status, type: head.contentType, body: text };
}

/** The other end of undici's connection: it answers the first request with `pieces`, and ends. */
class Script extends Duplex {
  readonly #pieces: readonly Buffer[];
  #asked = false;

  constructor(pieces: readonly Buffer[]) {
    super();
    this.#pieces = pieces;
  }

  override _read(): void {}

  override _write(_: Buffer, __: string, done: () => void): void {
    done();
    if (this.#asked) return;
    this.#asked = true;
    // undici takes no answer before it has written all of the request.
    setImmediate(() => {
      for (const piece of this.#pieces) this.push(piece);
      this.push(null);
    });
  }

  setNoDelay(): void {}
  setKeepAlive(): void {}
  setTimeout(): void {}
  ref(): void {}
  unref(): void {}
}

async function undicis(pieces: readonly Buffer[]): Promise<Verdict> {
  const client = new Client('http://127.0.0.1:1', {
    connect: (_, done) => void setImmediate(() => done(null, new Script(pieces) as never)),
  });
  try {
    const { statusCode, headers, body } = await client.request({
      path: '/invocations',
      method: 'POST',
      body: 'x',
    });
    const text = Buffer.from(await body.arrayBuffer()).toString('latin1');
    const type = headers['content-type'];
    return { status: statusCode, type: type === undefined ? type : String(type), body: text };
  } catch (error) {
    return { refused: String(error) };
  } finally {
    await client.destroy();
  }
}

const text = fc.string({ unit: 'binary-ascii', maxLength: 40 });
const often = <T>(usual: T, ...others: T[]) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, fc.constantFrom(...others));

const statusLine = fc
  .tuple(
    often('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/1.2', 'HTTP/1.', 'http/1.1', 'HTTQ/1.1', ''),
    often(' ', '  ', '\t', ''),
    fc.oneof(
      { weight: 6, arbitrary: fc.constant('200') },
      fc.constantFrom('201', '204', '304', '400', '500', '599', '999', '20', '2000', '099', 'abc'),
    ),
    often(' OK', '', ' ', ' Two words', ' \xe9', ' \x01', '\tOK'),
  )
  .map((parts) => parts.join(''));

const header = fc.oneof(
  fc.constantFrom(
    'Content-Type: text/csv; charset=utf-8',
    'content-type:text/plain',
    'Server: x',
    'X-Empty:',
    'X-Spaces: \t a b \t ',
    'X-Latin: caf\xe9',
    'Connection: close',
    'Connection: keep-alive',
    'Keep-Alive: timeout=5',
  ),
  fc.constantFrom(
    'No colon',
    ': no name',
    'Sp ace: x',
    'Space : x',
    ' folded',
    'X-Null: a\0b',
    'X-Bell: a\x07b',
    'X-Return: a\rb',
    'X-Feed: a\nb',
    'Content-Type: a/b',
    'Content-Length: 1',
    'Transfer-Encoding: chunked',
    '\xe9: x',
  ),
);

const lengthHeader = (length: number) =>
  fc.oneof(
    { weight: 10, arbitrary: fc.constant(`Content-Length: ${length}`) },
    fc.constantFrom(
      `content-length:${length}`,
      `Content-Length: ${length + 1}`,
      `Content-Length: ${Math.max(0, length - 1)}`,
      `Content-Length: +${length}`,
      `Content-Length: -${length}`,
      `Content-Length: ${length}, ${length}`,
      `Content-Length: ${length} 0`,
      `Content-Length: 0x${length}`,
      `Content-Length: 00${length}`,
      'Content-Length:',
      'Content-Length: 99999999999999999999999',
    ),
  );

const chunk = fc
  .tuple(
    fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 30 }),
    often('', ';a=b', '; x', ' ', ';a="b c"', '\t', ' ;q'),
    often(0, 1, -1),
    often('\r\n', '\n', '', '\r'),
  )
  .map(([data, extension, error, end]) => {
    const size = Math.max(0, data.length + error).toString(16);
    return `${size}${extension}\r\n${data}${end}`;
  });

const chunked = fc
  .tuple(
    fc.array(chunk, { maxLength: 4 }),
    often('0\r\n', '0\n', '00\r\n', '0;last\r\n', 'g\r\n', '', '-0\r\n'),
    often('', 'X-Trailer: 1\r\n', 'bad trailer\r\n', 'Content-Length: 4\r\n'),
    often('\r\n', '', '\n', '\r\nmore'),
  )
  .map(([chunks, last, trailers, end]) => chunks.join('') + last + trailers + end);

const framed = fc.oneof(
  text.chain((body) => lengthHeader(body.length).map((line) => ({ headers: [line], body }))),
  chunked.chain((body) =>
    often(
      'Transfer-Encoding: chunked',
      'transfer-encoding:Chunked',
      'Transfer-Encoding: chunked, chunked',
      'Transfer-Encoding: gzip, chunked',
      'Transfer-Encoding: identity',
      'Transfer-Encoding: chunked ;q',
      'Transfer-Encoding:\x0bchunked',
    ).map((line) => ({ headers: [line], body })),
  ),
  text.map((body) => ({ headers: [], body })),
);

// Not 100: undici takes no 100 that it did not ask for.
const interim = fc.oneof(
  { weight: 5, arbitrary: fc.constant('') },
  fc.constantFrom(
    'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n',
    'HTTP/1.1 102\r\nContent-Length: 3\r\n\r\n',
    'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    'HTTP/1.1 102 Wait\n\n',
    '\r\n',
  ),
);

/** A whole answer, the place where it is cut, and where it falls into pieces. */
const answer = fc
  .tuple(
    interim,
    statusLine,
    fc.array(fc.oneof({ weight: 3, arbitrary: header }, header), { maxLength: 3 }),
    framed,
    often('\r\n\r\n', '\n\n', '\r\n\n', '\n\r\n', '\r\n \r\n'),
    often('', 'surplus', 'HTTP/1.1 200 OK\r\n\r\n'),
  )
  .map(([before, line, headers, { headers: framing, body }, end, surplus]) =>
    Buffer.from(
      `${before}${[line, ...headers, ...framing].join('\r\n')}${end}${body}${surplus}`,
      'latin1',
    ),
  )
  .chain((bytes) =>
    fc.tuple(
      fc.constant(bytes),
      fc.oneof({ weight: 3, arbitrary: fc.constant(bytes.length) }, fc.nat(bytes.length)),
      fc.oneof(
        fc.array(fc.nat(bytes.length), { maxLength: 4 }),
        fc.constant(Array.from({ length: bytes.length }, (_, i) => i)),
      ),
    ),
  )
  .map(([bytes, length, cuts]) => pieces(bytes.subarray(0, length), cuts));

function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [
    0,
    ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b),
    bytes.length,
  ];
  return at
    .slice(1)
    .map((to, i) => bytes.subarray(at[i], to))
    .filter((piece) => piece.length > 0);
}

/** What we refuse, and undici takes: each of these has more than one meaning, or none. */
const STRICTER = [
  'bad status line',
  'not HTTP',
  'two Content-Types',
  'a transfer coding but chunked',
  'a transfer coding in HTTP/1.0',
  'two Transfer-Encodings',
  '1xx with a body',
];

it(
  `reads ${RUNS} generated answers as undici does, and refuses all that undici refuses`,
  async () => {
    await fc.assert(
      fc.asyncProperty(answer, async (given) => {
        const [own, other] = [ours(given), await undicis(given)];
        if ('refused' in other) expect(own).toHaveProperty('refused');
        else if ('refused' in own) expect(STRICTER).toContain(own.refused);
        else expect(own).toEqual(other);
      }),
      { numRuns: RUNS },
    );
  },
  Math.max(60_000, RUNS * 5),
);
