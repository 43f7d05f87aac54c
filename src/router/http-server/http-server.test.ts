import { connect, type Socket } from 'node:net';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { until } from '../../../test/support/router-pipeline.ts';
import type { Application } from './caller-connection.ts';
import { type HttpServer, startHttpServer } from './http-server.ts';

/** Takes every request, and never answers. */
const silent: Application = {
  begin: () => ({
    maxBytes: 1_000,
    collected: () => undefined,
    body: () => undefined,
    tooLarge: () => undefined,
    left: () => undefined,
    drained: () => undefined,
    over: () => undefined,
  }),
  malformed: () => undefined,
  isDraining: () => false,
};

async function start(maxConnections = 10): Promise<HttpServer> {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  const limits = { maxConnections, requestMs: 60_000 };
  const server = await startHttpServer(silent, limits, { port: 0, host: '127.0.0.1' });
  onTestFinished(() => server.close(0));
  return server;
}

async function open({ port }: HttpServer, bytes = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve));
  if (bytes !== '') await new Promise((resolve) => socket.write(bytes, resolve));
  // It has arrived when the server's loop has turned.
  await new Promise((resolve) => setTimeout(resolve, 20));
  return socket;
}

/** Whether the server has closed it. */
async function isClosed(socket: Socket): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return socket.readableEnded || socket.destroyed;
}

afterEach(() => {
  vi.useRealTimers();
});

const HEAD = 'POST / HTTP/1.1\r\nHost: x\r\n';

it.each([
  ['an idle connection after 75 s', '', 75],
  ['one with an unfinished head after 10 s', HEAD, 10],
  ['one whose request is late, body and answer, by its own time', `${HEAD}\r\n`, 60],
])('closes %s', async (_, bytes, seconds) => {
  const socket = (await open(await start(), bytes)).resume();

  vi.advanceTimersByTime(seconds * 1_000);
  const early = await isClosed(socket);
  vi.advanceTimersByTime(2_000);
  const late = await isClosed(socket);

  expect([early, late]).toEqual([false, true]);
});

it('closes a connection over the most that it takes, and takes one again when another has gone', async () => {
  const server = await start(2);
  const [first, second] = [await open(server), await open(server)];

  const third = (await open(server)).resume();
  await until(() => isClosed(third));
  first.destroy();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const fourth = (await open(server)).resume();

  expect([await isClosed(second), await isClosed(fourth)]).toEqual([false, false]);
});
