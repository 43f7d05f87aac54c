import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { checkHealth } from './health-command.ts';

it('is healthy when the router says so', async () => {
  const port = await fakeRouter((response) => response.end('fine'));

  expect(await checkHealth(port)).toEqual({ healthy: true, said: 'fine' });
});

it('asks again until the task is healthy', async () => {
  let asked = 0;
  const port = await fakeRouter((response) => {
    asked += 1;
    response.writeHead(asked < 3 ? 503 : 200).end();
  });

  const { healthy } = await checkHealth(port);

  expect(healthy).toBe(true);
  expect(asked).toBe(3);
});

it('gives up in the end, with what the router said last', async () => {
  const port = await fakeRouter((response) => response.writeHead(503).end('still starting'));

  expect(await checkHealth(port, 500)).toEqual({ healthy: false, said: 'still starting' });
});

it('tells what the router said, also when the last question is cut off', async () => {
  let asked = 0;
  const port = await fakeRouter((response) => {
    asked += 1;
    if (asked === 1) response.writeHead(503).end('still starting');
  });

  expect(await checkHealth(port, 500)).toEqual({ healthy: false, said: 'still starting' });
});

it('gives up on a router that hangs', async () => {
  const port = await fakeRouter(() => {});

  const { healthy, said } = await checkHealth(port, 100);

  expect(healthy).toBe(false);
  expect(said).toContain(`The router on port ${port} gave no answer`);
});

it('gives up on a port where nothing listens', async () => {
  const { healthy, said } = await checkHealth(1, 60);

  expect(healthy).toBe(false);
  expect(said).toContain('ECONNREFUSED');
});

async function fakeRouter(answer: (response: ServerResponse) => void): Promise<number> {
  const server = createServer((_, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}
