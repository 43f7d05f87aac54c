import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Batcher,
  type BatcherOptions,
  type MiniBatch,
  recordsOf,
  type TooLong,
} from './batcher.ts';
import { createScanner, RecordFormatError, type SplitType } from './record-scanner.ts';

const LINE = { split: 'Line', quotedNewlines: false } as const;

/** Feeds `bytes` in chunks of the given sizes, again and again. */
function run(bytes: Buffer, options: Partial<BatcherOptions>, sizes: number[] = [7]) {
  const batcher = new Batcher({ ...LINE, strategy: 'SingleRecord', maxBytes: 1000, ...options });
  const out: (MiniBatch | TooLong)[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    out.push(...batcher.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return [...out, ...batcher.end()];
}

function texts(batches: (MiniBatch | TooLong)[]): (string | undefined)[] {
  return batches.map(({ payload }) => payload?.toString('latin1'));
}

/** The records of a text, the obvious way. */
function naiveLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((line) => line !== '');
}

const chunkSizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
const lineText = fc
  .array(fc.constantFrom('a', 'é', '"', ',', '\n', '\n', '\r\n', '\r', '漢'), { maxLength: 40 })
  .map((parts) => parts.join(''));

describe('Line', () => {
  it('gives every line once, without its end, whatever the chunks', () => {
    fc.assert(
      fc.property(lineText, chunkSizes, (text, sizes) => {
        const batches = run(Buffer.from(text), {}, sizes);

        expect(batches.map(({ payload }) => payload?.toString())).toEqual(naiveLines(text));
      }),
    );
  });

  it('packs whole lines, as many as fit, and says where they stand', () => {
    fc.assert(
      fc.property(
        lineText,
        chunkSizes,
        fc.integer({ min: 4, max: 30 }),
        (text, sizes, maxBytes) => {
          const bytes = Buffer.from(text);
          const batches = run(bytes, { strategy: 'MultiRecord', maxBytes }, sizes);
          const records = batches.flatMap(({ payload, start, end }) =>
            payload === undefined ? [bytes.subarray(start, end)] : recordsOf(payload, LINE),
          );

          expect(records.map((one) => one.toString().replace(/\r?\n?$/, ''))).toEqual(
            naiveLines(text),
          );
          let next = 1;
          let offset = 0;
          for (const { payload, first, count, start, end } of batches) {
            expect(first).toBe(next);
            expect(start).toBeGreaterThanOrEqual(offset);
            if (payload === undefined) expect(end - start).toBeGreaterThan(maxBytes);
            else expect(payload.length).toBeLessThanOrEqual(maxBytes);
            next += count;
            offset = end;
          }
        },
      ),
    );
  });

  it('leaves no room for one more record in any request but the last', () => {
    const lines = Buffer.from('aaa\n'.repeat(10));

    const batches = run(lines, { strategy: 'MultiRecord', maxBytes: 13 });

    expect(batches.map(({ count }) => count)).toEqual([3, 3, 3, 1]);
  });

  it('goes on from any place between two records as if it had begun there', () => {
    fc.assert(
      fc.property(lineText, chunkSizes, (text, sizes) => {
        const bytes = Buffer.from(text);
        const all = run(bytes, {}, sizes);
        for (const [position, { end, first }] of all.entries()) {
          const from = { offset: end, record: first };

          const rest = run(bytes.subarray(end), { from }, sizes);

          expect(rest).toEqual(all.slice(position + 1));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('passes over a record that is too long, and holds none of it', () => {
    const batches = run(Buffer.from(`a\n${'b'.repeat(5000)}\nc`), { maxBytes: 20 }, [100]);

    expect(texts(batches)).toEqual(['a', undefined, 'c']);
    expect(batches[1]).toMatchObject({ first: 2, start: 2, end: 5003 });
  });

  it('makes nothing of nothing', () => {
    expect(run(Buffer.alloc(0), {})).toEqual([]);
    expect(run(Buffer.from('\n\r\n\n'), { strategy: 'MultiRecord' })).toEqual([]);
  });

  it('keeps a newline between quotes only when it is asked to', () => {
    const bytes = Buffer.from('1,"a\nb ""x"" \n"\n2,c\n');

    expect(texts(run(bytes, { quotedNewlines: true }, [1]))).toEqual(['1,"a\nb ""x"" \n"', '2,c']);
    expect(texts(run(bytes, {}, [1]))).toHaveLength(4);
    expect(() => run(Buffer.from('1,"a\n'), { quotedNewlines: true })).toThrow(RecordFormatError);
  });
});

describe('None', () => {
  it('takes the whole object as one record, or says that it is too long', () => {
    const whole: Partial<BatcherOptions> = { split: 'None', strategy: 'MultiRecord', maxBytes: 5 };

    expect(texts(run(Buffer.from('a\nb\n'), whole, [1]))).toEqual(['a\nb\n']);
    expect(texts(run(Buffer.from('abcdef'), whole, [2]))).toEqual([undefined]);
    expect(run(Buffer.alloc(0), whole)).toEqual([]);
  });
});

function recordIo(data: Buffer, kind = 0): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(0xced7230a, 0);
  header.writeUInt32LE(((kind << 29) | data.length) >>> 0, 4);
  return Buffer.concat([header, data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
}

function tfRecord(data: Buffer): Buffer {
  const header = Buffer.alloc(12);
  header.writeBigUInt64LE(BigInt(data.length), 0);
  return Buffer.concat([header, data, Buffer.alloc(4, 1)]);
}

const someRecords = fc.array(
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 8 },
);

describe.each<[SplitType, (data: Buffer) => Buffer]>([
  ['RecordIO', recordIo],
  ['TFRecord', tfRecord],
])('%s', (split, frame) => {
  it('gives the data of every record alone, and its frames when they are packed', () => {
    fc.assert(
      fc.property(someRecords, chunkSizes, (records, sizes) => {
        const bytes = Buffer.concat(records.map((data) => frame(data)));

        const single = run(bytes, { split }, sizes);
        const packed = run(bytes, { split, strategy: 'MultiRecord', maxBytes: 70 }, sizes);

        expect(texts(single)).toEqual(records.map((data) => data.toString('latin1')));
        expect(texts(packed).join('')).toBe(bytes.toString('latin1'));
        expect(packed.reduce((sum, { count }) => sum + count, 0)).toBe(records.length);
      }),
    );
  });

  it('refuses an object that ends in the middle of a record', () => {
    const bytes = frame(Buffer.from('abcd'));

    for (let length = 1; length < bytes.length; length++) {
      expect(() => run(bytes.subarray(0, length), { split }, [3])).toThrow(/middle of a record/);
    }
  });
});

it('puts a RecordIO record of several frames together, with the magic numbers between', () => {
  const magic = Buffer.from([0x0a, 0x23, 0xd7, 0xce]);
  const [a, b, c] = ['aa', 'bbbb', 'c'].map((text) => Buffer.from(text));
  const bytes = Buffer.concat([recordIo(a!, 1), recordIo(b!, 2), recordIo(c!, 3)]);

  const [record, ...others] = run(bytes, { split: 'RecordIO' }, [5]);

  expect(record?.payload).toEqual(Buffer.concat([a!, magic, b!, magic, c!]));
  expect(others).toEqual([]);
});

it('refuses what is not RecordIO', () => {
  const scanner = createScanner({ split: 'RecordIO', quotedNewlines: false });

  expect(() => scanner.scan(Buffer.from('1,2,3\n4,5,6\n'))).toThrow(RecordFormatError);
});
