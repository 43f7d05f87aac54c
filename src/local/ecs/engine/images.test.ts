import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { follow, withTag } from './images.ts';

test.each([
  ['nginx', 'nginx:latest'],
  ['nginx:1.29', 'nginx:1.29'],
  ['localhost:5000/team/nginx', 'localhost:5000/team/nginx:latest'],
  ['localhost:5000/team/nginx:1', 'localhost:5000/team/nginx:1'],
  ['nginx@sha256:0123', 'nginx@sha256:0123'],
])('%s is pulled as %s', (image, pulled) => {
  expect(withTag(image)).toBe(pulled);
});

test('progress is told until the engine tells of an error', async () => {
  const said = [
    '{"id":"a","status":"Pulling"}\r\n{"id":"a",',
    '"status":"Done"}\n',
    '{"error":"denied"}\n',
  ];
  const told: unknown[] = [];

  const following = follow(Readable.from(said.map((text) => Buffer.from(text))), (progress) =>
    told.push(progress),
  );

  await expect(following).rejects.toThrow('denied');
  expect(told).toEqual([
    { id: 'a', status: 'Pulling' },
    { id: 'a', status: 'Done' },
  ]);
});
