import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ChainStop } from '../chain-stop.ts';
import { createStageClient, type StageClient, type StageReply } from './index.ts';

/** Milliseconds after which the stages of the sweep close idle connections. */
const IDLE_MS = (process.env.HEADRACE_IDLE_MS ?? '500').split(',').map(Number);

interface RawStage {
  readonly port: number;
  /** The bodies it was sent, in order. */
  readonly received: string[];
  readonly sockets: Socket[];
}

/** A stage on a bare socket. `onRequest` says what it does with one; by default it answers. */
async function rawStage(
  onRequest: (socket: Socket, count: number) => void = (socket) => answer(socket),
): Promise<RawStage> {
  const stage = { port: 0, received: [] as string[], sockets: [] as Socket[] };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    stage.sockets.push(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      const [, body] = bytes.toString().split('\r\n\r\n');
      if (!body) return;
      stage.received.push(body);
      onRequest(socket, stage.received.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of stage.sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  stage.port = typeof address === 'object' && address ? address.port : 0;
  return stage;
}

function answer(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
}

function newClient(): StageClient {
  const client = createStageClient();
  onTestFinished(() => client.close());
  return client;
}

function invoke(client: StageClient, { port }: RawStage, body: string): Promise<StageReply> {
  const call = { port, fields: '', body: Buffer.from(body), maxBytes: 1000, stop: new ChainStop() };
  return new Promise((resolve) => client.invoke(call, resolve));
}

const OK = { answer: { status: 200, bytes: 2 } };

describe('a connection that is kept', () => {
  it('carries the next request', async () => {
    const [client, stage] = [newClient(), await rawStage()];

    const replies = [await invoke(client, stage, 'a'), await invoke(client, stage, 'b')];

    expect(replies).toMatchObject([OK, OK]);
    expect(stage.sockets).toHaveLength(1);
  });

  it.each([
    ['the stage says Connection: close', 'Connection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['the stage keeps it for no time', 'Keep-Alive: timeout=0\r\nContent-Length: 2\r\n\r\nok'],
    ['bytes follow the end of the answer', 'Content-Length: 2\r\n\r\nokay'],
    ['a body follows a 204', 'Transfer-Encoding: chunked\r\n\r\n', '204'],
  ])('does not, when %s', async (_, rest, status = '200') => {
    const client = newClient();
    const stage = await rawStage((socket) => socket.write(`HTTP/1.1 ${status} X\r\n${rest}`));

    await invoke(client, stage, 'a');
    await invoke(client, stage, 'b');

    expect(stage.sockets).toHaveLength(2);
    expect(stage.received).toEqual(['a', 'b']);
  });

  it('does not, when the stage has closed an idle one sooner than half a second before', async () => {
    const [client, stage] = [newClient(), await rawStage()];
    await invoke(client, stage, 'a');
    stage.sockets[0]?.destroy();
    await sleep(20);

    await invoke(client, stage, 'b');
    await invoke(client, stage, 'c');

    expect(stage.sockets).toHaveLength(3);
  });
});

describe('a stage that ends the connection just before the next request', () => {
  it.each([
    ['closes it', (socket: Socket) => socket.destroy()],
    ['resets it', (socket: Socket) => socket.resetAndDestroy()],
  ])('is asked again, since it provably read nothing, when it %s', async (_, end) => {
    const [client, stage] = [newClient(), await rawStage()];
    await invoke(client, stage, 'a');

    end(stage.sockets[0] as Socket);
    // No turn of the event loop between the two: the client cannot have heard of it.
    const reply = await invoke(client, stage, 'b');

    expect(reply).toMatchObject(OK);
    expect(stage.received).toEqual(['a', 'b']);
    expect(stage.sockets).toHaveLength(2);
  });

  it('is not asked again when it may have read the request: it closed its own side only', async () => {
    const [client, stage] = [newClient(), await rawStage()];
    await invoke(client, stage, 'a');
    const [socket] = stage.sockets as [Socket];

    const finished = new Promise<StageReply>((resolve) => {
      socket.once('finish', () => resolve(invoke(client, stage, 'b')));
    });
    socket.end();

    expect(await finished).toEqual({ failure: { kind: 'closed' } });
    expect(stage.received.filter((body) => body === 'b').length).toBeLessThanOrEqual(1);
  });

  it.each([
    ['closes', (socket: Socket) => socket.destroy()],
    ['resets', (socket: Socket) => socket.resetAndDestroy()],
    ['half-closes', (socket: Socket) => socket.end()],
  ])('is not asked again when it reads the request and then %s the connection', async (_, end) => {
    const client = newClient();
    const stage = await rawStage((socket, count) => (count === 1 ? answer(socket) : end(socket)));
    await invoke(client, stage, 'a');

    const reply = await invoke(client, stage, 'b');

    expect(reply).toEqual({ failure: { kind: 'closed' } });
    expect(stage.received).toEqual(['a', 'b']);
  });
});

it.each(IDLE_MS)(
  'a stage that closes idle connections after %d ms fails no request, and gets none twice',
  async (idleMs) => {
    const stage = await rawStage((socket) => {
      answer(socket);
      setTimeout(() => socket.destroy(), idleMs);
    });
    // From well before to well after the moment at which the stage closes.
    const offsets = Array.from({ length: 80 }, (_, i) => (i - 40) / 2);

    const replies = await Promise.all(
      offsets.map(async (offset, i) => {
        const client = newClient();
        const first = await invoke(client, stage, `${i}-first`);
        await sleep(idleMs + offset);
        return [first, await invoke(client, stage, `${i}-second`)];
      }),
    );

    expect(replies).toMatchObject(offsets.map(() => [OK, OK]));
    expect(new Set(stage.received).size).toBe(stage.received.length);
    expect(stage.received).toHaveLength(2 * offsets.length);
  },
);
