import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { join } from '../../../relay/join.ts';

const LOOPBACK = '127.0.0.1';
const WINDOW_BYTES = 4 * 1024 * 1024;
const READY_WITHIN_MS = 30_000;

/**
 * This machine's end of a task's relay (src/relay): connections that come through the tunnel go to one
 * of `ports` on this machine's loopback, and nowhere else.
 *
 * Resolves once the other end is ready. Rejects when it is not within 30 s, or ends before; `said` is
 * then asked for what it had to say.
 */
export async function serveRelay(
  tunnel: Duplex,
  ports: readonly number[],
  said: () => string,
): Promise<void> {
  const ready = Promise.withResolvers<void>();
  const server = createServer({ settings: { initialWindowSize: WINDOW_BYTES } });
  server.on('session', (session: ServerHttp2Session) => session.setLocalWindowSize(WINDOW_BYTES));
  // The relay goes with its task, whenever that is: there is nothing to tell.
  server.on('sessionError', () => tunnel.destroy());
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => stream.destroy());
    if (headers[':method'] !== 'CONNECT') {
      stream.respond({ ':status': 204 }, { endStream: true });
      ready.resolve();
      return;
    }
    const port = Number(headers[':authority']?.split(':').at(-1));
    if (!ports.includes(port)) {
      stream.respond({ ':status': 403 }, { endStream: true });
      return;
    }
    stream.respond({ ':status': 200 });
    join(stream, connect({ port, host: LOOPBACK, allowHalfOpen: true, noDelay: true }));
  });
  const failed = (why: string) => () =>
    ready.reject(new Error(`the network of the task ${why}. ${said()}`.trimEnd()));
  tunnel.once('close', failed('ended at its start'));
  const late = setTimeout(
    failed(`was not ready within ${READY_WITHIN_MS / 1000} s`),
    READY_WITHIN_MS,
  );
  server.emit('connection', tunnel);
  try {
    await ready.promise;
  } finally {
    clearTimeout(late);
  }
}
