import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitRow } from './csv-row.ts';
import { createProcessor, type ProcessingOptions } from './data-processing.ts';

function processorOf(options: Partial<ProcessingOptions> = {}) {
  return createProcessor({
    InputFilter: '$',
    OutputFilter: '$',
    JoinSource: 'None',
    contentType: 'text/csv',
    accept: 'text/csv',
    split: { split: 'Line', quotedNewlines: false },
    strategy: 'MultiRecord',
    assembleWith: 'Line',
    ...options,
  });
}

const bytes = (text: string) => Buffer.from(text);

/** The request and the output, as texts. */
function run(options: Partial<ProcessingOptions>, input: string, answer: string, type?: string) {
  const processor = processorOf(options);
  const count = input.split('\n').filter((line) => line !== '').length;
  return {
    request: processor.request(bytes(input)).toString(),
    output: processor.output(bytes(input), count, bytes(answer), type).toString(),
  };
}

const joined = { JoinSource: 'Input' } as const;
const lines = { contentType: 'application/jsonlines', accept: 'application/jsonlines' };

describe('CSV', () => {
  it('appends the columns of the answer, and leaves both as they are written', () => {
    const { request, output } = run(joined, '1,"a,b"\r\n2,c\n', 'x\ny\n');

    expect(request).toBe('1,"a,b"\r\n2,c\n');
    expect(output).toBe('1,"a,b",x\n2,c,y\n');
  });

  it('filters before the model, joins with the whole record, filters again', () => {
    const filters = { ...joined, InputFilter: '$[1:]', OutputFilter: '$[0,-1]' };

    expect(run(filters, 'id1,2,3\nid2,4,5', 'p\nq')).toEqual({
      request: '2,3\n4,5',
      output: 'id1,p\nid2,q\n',
    });
  });

  it('says so when a column is not there', () => {
    expect(() => run({ OutputFilter: '$[3]' }, 'a\n', '1,2\n')).toThrow(/OutputFilter .*\[3\]/);
  });

  it('joins a single record, and refuses two rows for one', () => {
    const single = { ...joined, strategy: 'SingleRecord' } as const;

    expect(run(single, '1,2', 'x\n').output).toBe('1,2,x\n');
    expect(() => run(single, '1,2', 'x\ny\n')).toThrow(/answered 2 records for the 1/);
  });

  it('joins row by row for any rows, as a loop over both would', () => {
    const field = fc.constantFrom('', 'a', '"x,y"', '"q""r"', '1.5', 'é');
    const row = fc.array(field, { minLength: 1, maxLength: 4 }).map((fields) => fields.join(','));
    const rows = fc.array(fc.tuple(row, row), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(rows, fc.boolean(), (pairs, endsWithNewline) => {
        fc.pre(pairs.every(([a, b]) => a !== '' && b !== ''));
        const end = endsWithNewline ? '\n' : '';
        const [input, answer] = [0, 1].map(
          (side) => pairs.map((pair) => pair[side]).join('\n') + end,
        );

        const { output } = run(joined, input ?? '', answer ?? '');

        expect(output).toBe(pairs.map(([a, b]) => `${a},${b}\n`).join(''));
      }),
    );
  });
});

describe('JSON Lines', () => {
  it('adds SageMakerOutput to an object, and to anything else beside it', () => {
    const { output } = run({ ...joined, ...lines }, '{"a":1}\n[2]\n', '{"p":0.5}\n1\n');

    expect(output).toBe(
      '{"a":1,"SageMakerOutput":{"p":0.5}}\n{"SageMakerInput":[2],"SageMakerOutput":1}\n',
    );
  });

  it('replaces a SageMakerOutput that was there, and keeps numbers that a double cannot hold', () => {
    const input = '{"id":12345678901234567890,"SageMakerOutput":0}\n';

    const { output } = run({ ...joined, ...lines }, input, '1\n');

    expect(output).toBe('{"id":12345678901234567890,"SageMakerOutput":1}\n');
  });

  it('filters by name', () => {
    const filters = {
      ...joined,
      ...lines,
      InputFilter: '$.x',
      OutputFilter: "$['id','SageMakerOutput']",
    };

    expect(run(filters, '{"id":1,"x":[1,2]}\n', '7\n')).toEqual({
      request: '[1,2]',
      output: '{"id":1,"SageMakerOutput":7}\n',
    });
  });

  it('names what is not JSON', () => {
    expect(() => run({ ...joined, ...lines }, '{"a":1}\n', 'oops\n')).toThrow('"oops" is not JSON');
  });
});

it('takes a whole JSON document as one record when nothing splits it', () => {
  const whole = {
    ...joined,
    contentType: 'application/json',
    accept: 'application/json',
    split: { split: 'None', quotedNewlines: false } as const,
    assembleWith: 'None' as const,
  };

  expect(run(whole, '{\n "a": 1\n}\n', '[1,\n2]').output).toBe('{"a":1,"SageMakerOutput":[1,2]}');
});

describe('the count of records', () => {
  it.each([
    ['1\n2\n', 'x\n', 'answered 1 records for the 2'],
    ['1\n2\n', 'x\ny\nz\n', 'answered 3 records for the 2'],
    ['1\n2\n', '', 'answered 0 records for the 2'],
  ])('%j answered by %j is an error', (input, answer, message) => {
    expect(() => run({}, input, answer)).toThrow(message);
    expect(() => run(joined, input, answer)).toThrow(message);
  });

  it('counts the members of a JSON list', () => {
    expect(run({}, '1\n2\n', '[5,6]', 'application/json').output).toBe('[5,6]\n');
    expect(() => run({}, '1\n2\n', '[5]', 'application/json')).toThrow('answered 1 records');
  });

  it('is not compared where answers are put together as they come', () => {
    expect(run({ assembleWith: 'None' }, '1\n2\n', 'x').output).toBe('x');
  });
});

it('splits a row like a loop over its characters would', () => {
  expect(splitRow('')).toEqual(['']);
  expect(splitRow('a,,"b,""c""\n",')).toEqual(['a', '', '"b,""c""\n"', '']);
});
