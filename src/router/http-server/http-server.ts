import { createServer, type Server, type Socket } from 'node:net';
import { type Application, CallerConnection, type Phase } from './caller-connection.ts';

/** Serves an application over HTTP/1.1 until it is closed. */
export interface HttpServer {
  readonly port: number;
  /**
   * Takes no new connections, closes the idle ones at once, the others when their answer is out, and
   * whatever is left after `longestMs`.
   */
  close(longestMs: number): Promise<void>;
}

export interface ServerLimits {
  readonly maxConnections: number;
  /** How long one request may take from its head to the last byte of its answer. */
  readonly requestMs: number;
}

const HEAD_MS = 10_000;
const IDLE_MS = 75_000;
const DISCARD_MS = 10_000;
const LOOK_EVERY_MS = 1_000;
const BACKLOG = 1_024;

/** @throws what `listen` reports, as EADDRINUSE */
export async function startHttpServer(
  application: Application,
  limits: ServerLimits,
  { port, host }: { readonly port: number; readonly host: string },
): Promise<HttpServer> {
  const connections = new Set<CallerConnection>();
  let isClosing = false;

  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket: Socket) => {
    const connection = new CallerConnection(socket, application);
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
  });
  server.maxConnections = limits.maxConnections;
  await listen(server, port, host);

  // One look a second at all connections costs less than a timer for each request.
  const look = setInterval(() => {
    const now = performance.now();
    for (const connection of connections) {
      const { phase, forMs } = connection.look(now);
      if (forMs > longest(phase, limits)) connection.destroy();
      else if (isClosing) connection.closeIfIdle();
    }
  }, LOOK_EVERY_MS);

  return {
    port: portOf(server),
    async close(longestMs) {
      isClosing = true;
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      const cutOff = setTimeout(() => {
        for (const connection of connections) connection.destroy();
      }, longestMs);
      for (const connection of connections) connection.closeIfIdle();
      await closed;
      clearTimeout(cutOff);
      clearInterval(look);
    },
  };
}

function longest(phase: Phase, { requestMs }: ServerLimits): number {
  switch (phase) {
    case 'idle':
      return IDLE_MS;
    case 'head':
      return HEAD_MS;
    case 'discarding':
      return DISCARD_MS;
    case 'body':
    case 'answering':
      return requestMs;
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
