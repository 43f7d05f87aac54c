import { expect, test } from 'vitest';
import { LineSplitter, LONGEST_LINE_BYTES } from './lines.ts';

function split(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((more) => lines.push(...more));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.flush();
  return lines;
}

test('a line may come in pieces, several lines in one piece', () => {
  const lines = split('on', 'e\ntwo\nth', 'ree\n');

  expect(lines).toEqual(['one', 'two', 'three']);
});

test('the last line needs no newline, and empty lines count', () => {
  const lines = split('a\n\nb');

  expect(lines).toEqual(['a', '', 'b']);
});

test('a character may be torn between chunks', () => {
  const bytes = Buffer.from('größe\n');

  const lines = split(bytes.subarray(0, 3), bytes.subarray(3));

  expect(lines).toEqual(['größe']);
});

test('a line that is too long is cut, never within a character', () => {
  const long = `${'a'.repeat(LONGEST_LINE_BYTES - 1)}öb`;

  const lines = split(`${long}\nnext\n`);

  expect(lines).toEqual(['a'.repeat(LONGEST_LINE_BYTES - 1), 'öb', 'next']);
});
