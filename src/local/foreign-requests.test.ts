import { createServer } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { refuseForeign, whyForeign } from './foreign-requests.ts';
import { closeServer, listenOnLoopback } from './http-server.ts';

it.each([
  { host: '127.0.0.1:4680' },
  { host: 'localhost:4680' },
  { host: 'LOCALHOST' },
  { host: 'bucket.localhost:4681' },
  { host: '[::1]:4680' },
  { host: '172.17.0.1:4681' },
  { host: 'host.docker.internal:4680' },
  {},
  { host: '127.0.0.1:4680', origin: 'http://localhost:5173' },
  { host: '127.0.0.1:4680', origin: 'http://127.0.0.1:4680' },
  { host: 'localhost:4680', origin: 'http://[::1]:3000' },
])('takes $host with the origin $origin', (headers) => {
  expect(whyForeign(headers)).toBeUndefined();
});

it.each([
  { host: 'evil.example:4680' },
  { host: 'localhost.evil.example' },
  { host: 'notlocalhost' },
  { host: '127.0.0.1.evil.example:4680' },
  { host: '' },
  { host: '127.0.0.1:4680', origin: 'https://evil.example' },
  { host: '127.0.0.1:4680', origin: 'http://localhost.evil.example' },
  { host: '127.0.0.1:4680', origin: 'http://203.0.113.7' },
  { host: '127.0.0.1:4680', origin: 'null' },
  { host: '127.0.0.1:4680', origin: '' },
])('refuses $host with the origin $origin', (headers) => {
  expect(whyForeign(headers)).toMatch(/stand-in/);
});

it('comes before whoever answers', async () => {
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.end('yours');
  });
  refuseForeign(server);
  const url = `http://127.0.0.1:${await listenOnLoopback(server, 0)}`;
  onTestFinished(() => closeServer(server));

  const page = await fetch(url, {
    method: 'POST',
    headers: { origin: 'http://evil.example' },
    body: '{}',
  });
  const own = await fetch(url);

  expect([page.status, page.headers.get('access-control-allow-origin')]).toEqual([403, null]);
  expect(await page.json()).toMatchObject({ __type: 'AccessDeniedException' });
  expect([await own.text(), asked]).toEqual(['yours', 1]);
});
