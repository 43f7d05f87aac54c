import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { serveRelay } from '../local/ecs/engine/relay-host.ts';
import { relay } from './main.ts';
import { tunnelOver } from './tunnel.ts';

const closers: (() => void)[] = [];

beforeEach(() => {
  // The end of a test is a broken tunnel to the relay, which it tells.
  vi.spyOn(console, 'error').mockReturnValue();
});

afterEach(() => {
  vi.restoreAllMocks();
  for (const close of closers.splice(0)) close();
});

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  server.close();
  await once(server, 'close');
  return port;
}

/** Both ends, joined as the engine joins them. `exited` settles when the inner one ends. */
async function joined(config: object, allowed: number[]) {
  const [toRelay, fromRelay] = [new PassThrough(), new PassThrough()];
  const exited = Promise.withResolvers<number>();
  const host = Object.assign(new EventEmitter(), {
    stdin: toRelay,
    stdout: fromRelay,
    exit: exited.resolve,
  });
  const tunnel = tunnelOver(fromRelay, toRelay);
  closers.push(() => tunnel.destroy());
  const ready = serveRelay(tunnel, allowed, () => '');
  await relay({ HEADRACE_RELAY: JSON.stringify(config) }, host as never);
  await ready;
  return { exited: exited.promise, tunnel };
}

test('a published port leads to the container, wherever on loopback it listens', async () => {
  const echo = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  const [listen, to] = await Promise.all([freePort(), listening(echo)]);
  await joined({ out: [], in: [{ listen, to }] }, []);

  const caller = connect(listen, '127.0.0.1');
  caller.end('there and back');

  expect(await text(caller)).toBe('there and back');
});

test('nothing but the ports that are allowed leads out of the task', async () => {
  const port = await freePort();
  await joined({ out: [port], in: [] }, []);

  const caller = connect(port, '127.0.0.1');
  caller.end('let me out');

  expect(await text(caller)).toBe('');
});

test('the relay ends with its tunnel', async () => {
  const { exited, tunnel } = await joined({ out: [], in: [] }, []);

  tunnel.destroy();

  expect(await exited).toBe(0);
});
