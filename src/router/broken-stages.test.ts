// Stages that break the rules of HTTP, or keep them in an unusual way.
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type Answer,
  get,
  post,
  routerConfig,
  startTestRouter,
  until,
} from '../../test/support/router-pipeline.ts';
import type { RouterConfig } from './config.ts';
import type { ModelError } from './model-error.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const PONG = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

type Act = (socket: Socket) => unknown;

/** Asks a pipeline of one stage that does `act` when it was asked. */
async function ask(act: Act, overrides: Partial<RouterConfig> = {}, body = 'x'): Promise<Answer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('data', (bytes) => {
      if (bytes.toString('latin1').startsWith('GET /ping')) socket.end(PONG);
      else act(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const config = routerConfig([{ name: 'predict', port }], overrides);
  const { url } = await startTestRouter(config);
  await until(async () => (await get(`${url}/ping`)).status === 200);
  return post(`${url}/invocations`, body);
}

const writes = (bytes: string): Act => {
  return (socket) => socket.write(bytes, 'latin1');
};
const writesAndEnds = (bytes: string): Act => {
  return (socket) => socket.end(bytes, 'latin1');
};
/** One byte a turn, each in a segment of its own. */
const dribbles = (bytes: string): Act => {
  return async (socket) => {
    socket.setNoDelay(true);
    for (const byte of bytes) {
      socket.write(byte, 'latin1');
      await sleep(0);
    }
  };
};

describe('an unusual answer that is whole is taken', () => {
  it.each<[string, Act, string]>([
    ['byte by byte', dribbles(`${OK}Content-Length: 3\r\n\r\nyes`), 'yes'],
    [
      'in chunks of one byte',
      writes(`${OK}Transfer-Encoding: chunked\r\n\r\n${'1\r\ny\r\n'.repeat(2_000)}0\r\n\r\n`),
      'y'.repeat(2_000),
    ],
    [
      'chunked, byte by byte, with trailers',
      dribbles(`${OK}Transfer-Encoding: chunked\r\n\r\n2;x=1\r\nye\r\n1\r\ns\r\n0\r\nT: 1\r\n\r\n`),
      'yes',
    ],
    [
      'after 100 Continue and early hints',
      writes(
        `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n${OK}Content-Length: 3\r\n\r\nyes`,
      ),
      'yes',
    ],
    ['in HTTP/1.0, ended by closing', writesAndEnds('HTTP/1.0 200 OK\r\n\r\nyes'), 'yes'],
    ['ended by closing', writesAndEnds(`${OK}\r\nyes`), 'yes'],
    ['empty', writes(`${OK}Content-Length: 0\r\n\r\n`), ''],
    ['a 204', writes('HTTP/1.1 204 No Content\r\n\r\n'), ''],
    ['with bytes after its end', writes(`${OK}Content-Length: 3\r\n\r\nyes, and more`), 'yes'],
    [
      'with another answer after it',
      writes(`${OK}Content-Length: 3\r\n\r\nyes${OK}Content-Length: 2\r\n\r\nno`),
      'yes',
    ],
  ])('%s', async (_, act, expected) => {
    const answer = await ask(act);

    expect(answer.status).toBe(200);
    expect(answer.text).toBe(expected);
  });
});

const NOT_HTTP = 'sent an answer that is not valid HTTP';
const CLOSED = 'closed the connection before it answered';
const NOT_LOADED = 'could not load the entire response body';
const TIMED_OUT = 'Your invocation timed out while waiting for a response from container predict.';

describe('an answer that is broken is a ModelError that names the stage', () => {
  it.each<[string, Act, string]>([
    ['it accepts and hangs', () => undefined, TIMED_OUT],
    ['it hangs in its head', writes('HTTP/1.1 200 OK\r\nConte'), TIMED_OUT],
    ['it hangs in its body', writes(`${OK}Content-Length: 9\r\n\r\nhalf`), TIMED_OUT],
    ['it hangs after a 1xx', writes('HTTP/1.1 100 Continue\r\n\r\n'), TIMED_OUT],
    ['it closes at once', (socket) => socket.destroy(), CLOSED],
    ['it resets at once', (socket) => socket.resetAndDestroy(), CLOSED],
    ['it closes in its head', writesAndEnds('HTTP/1.1 200 OK\r\nConte'), CLOSED],
    ['it closes in its body', writesAndEnds(`${OK}Content-Length: 9\r\n\r\nhalf`), NOT_LOADED],
    [
      'it resets in its body',
      (socket) => {
        socket.write(`${OK}Content-Length: 9\r\n\r\nhalf`);
        setTimeout(() => socket.resetAndDestroy(), 20);
      },
      NOT_LOADED,
    ],
    [
      'it closes in a chunk',
      writesAndEnds(`${OK}Transfer-Encoding: chunked\r\n\r\n9\r\nhalf`),
      NOT_LOADED,
    ],
    [
      'it closes before the last chunk',
      writesAndEnds(`${OK}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`),
      NOT_LOADED,
    ],
    ['a banner', writes('SSH-2.0-OpenSSH_9\r\n'), NOT_HTTP],
    ['a flood of headers', writes(`${OK}${'X: yyyyyyyy\r\n'.repeat(10_000)}`), NOT_HTTP],
    ['one endless header', writes(`${OK}X: ${'y'.repeat(100_000)}`), NOT_HTTP],
    ['a flood of 1xx', writes('HTTP/1.1 100 Continue\r\n\r\n'.repeat(10_000)), NOT_HTTP],
    ['switching protocols', writes('HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n'), NOT_HTTP],
    ['two lengths', writes(`${OK}Content-Length: 3\r\nContent-Length: 4\r\n\r\nyes!`), NOT_HTTP],
    ['a list of lengths', writes(`${OK}Content-Length: 3, 3\r\n\r\nyes`), NOT_HTTP],
    ['a negative length', writes(`${OK}Content-Length: -3\r\n\r\nyes`), NOT_HTTP],
    [
      'a length beside chunks',
      writes(`${OK}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
      NOT_HTTP,
    ],
    ['gzip nobody asked for', writes(`${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`), NOT_HTTP],
    ['a folded header', writes(`${OK}X: a\r\n b\r\nContent-Length: 0\r\n\r\n`), NOT_HTTP],
    ['bare line feeds', writes('HTTP/1.1 200 OK\nContent-Length: 0\n\n'), NOT_HTTP],
    [
      'a chunk size that is none',
      writes(`${OK}Transfer-Encoding: chunked\r\n\r\nyes\r\n`),
      NOT_LOADED,
    ],
    [
      'a chunk longer than its size',
      writes(`${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nyes\r\n0\r\n\r\n`),
      NOT_LOADED,
    ],
  ])('%s', async (_, act, expected) => {
    const answer = await ask(act, { timeoutMs: 400 });

    const { Message } = answer.json<ModelError>();
    expect(answer.status).toBe(424);
    expect(Message).toContain(expected);
    expect(Message).toContain('predict');
  });

  it('it never reads a large request', async () => {
    const stalls: Act = (socket) => socket.pause();

    const answer = await ask(stalls, { timeoutMs: 400 }, 'x'.repeat(6_000_000));

    expect(answer.status).toBe(424);
    expect(answer.json<ModelError>().Message).toContain(TIMED_OUT);
  });

  it('it refuses a large request before it has read it', async () => {
    const refuses = writesAndEnds('HTTP/1.1 413 Too Large\r\nContent-Length: 7\r\n\r\ntoo big');

    const answer = await ask(refuses, {}, 'x'.repeat(6_000_000));

    expect(answer.status).toBe(424);
    expect(answer.json<ModelError>().OriginalStatusCode).toBe(413);
    expect(answer.json<ModelError>().OriginalMessage).toBe('too big');
  });
});
