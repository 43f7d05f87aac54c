import { expect, test } from 'vitest';
import { takeOutput } from './function-output.ts';

test('what is taken is not shown, and the stream is given back as it was', () => {
  const shown: unknown[] = [];
  const taken: string[] = [];
  const write = (...given: unknown[]): boolean => {
    shown.push(given);
    return false;
  };
  const stream = { write };
  const giveBack = takeOutput(stream, (text) => {
    if (text.startsWith('{')) taken.push(text);
    return text.startsWith('{');
  });

  const answers = [
    stream.write('{"mine":1}\n'),
    stream.write('headrace ready\n', 'utf8'),
    stream.write(Buffer.from('{bytes')),
  ];
  giveBack();

  expect(answers).toEqual([true, false, false]);
  expect(taken).toEqual(['{"mine":1}\n']);
  expect(shown).toEqual([['headrace ready\n', 'utf8'], [Buffer.from('{bytes')]]);
  expect(stream.write).toBe(write);
});
