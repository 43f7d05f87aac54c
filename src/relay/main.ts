import { type ClientHttp2Session, connect as connectTunnel } from 'node:http2';
import { connect, createServer, type Socket } from 'node:net';
import { parseRelayConfig } from './config.ts';
import { join } from './join.ts';
import { tunnelOver } from './tunnel.ts';

const LOOPBACK = '127.0.0.1';
const ANYWHERE = '0.0.0.0';
/** Per connection and for all together: model data comes through here. */
const WINDOW_BYTES = 4 * 1024 * 1024;

/**
 * `./serve relay`, which runs on laptops only: it holds the network namespace of a task, and connects it
 * with the machine's loopback, which containers cannot reach. What a container sends to one of the ports
 * `out` on its own loopback leaves through this process's stdin and stdout, as HTTP/2. What arrives at a
 * published port goes on to a port on the task's loopback, wherever its container chose to listen.
 *
 * Runs until SIGTERM, or until the other end of the tunnel is gone.
 */
export async function relay(
  env: Readonly<Record<string, string | undefined>>,
  host: Pick<NodeJS.Process, 'on' | 'exit' | 'stdin' | 'stdout'>,
): Promise<void> {
  const { out, in: inward } = parseRelayConfig(env.HEADRACE_RELAY);
  host.on('SIGTERM', () => host.exit(0));
  const tunnel = connectTunnel('http://relay', {
    createConnection: () => tunnelOver(host.stdin, host.stdout),
    settings: { initialWindowSize: WINDOW_BYTES },
  });
  tunnel.on('error', ({ message }) => console.error(`The tunnel to the machine broke: ${message}`));
  tunnel.on('close', () => host.exit(0));
  tunnel.on('connect', () => tunnel.setLocalWindowSize(WINDOW_BYTES));
  await Promise.all([
    ...out.map((port) => listen(LOOPBACK, port, (socket) => leave(tunnel, port, socket))),
    ...inward.map(({ listen: port, to }) =>
      listen(ANYWHERE, port, (socket) => {
        join(socket, connect({ port: to, host: LOOPBACK, allowHalfOpen: true }));
      }),
    ),
  ]);
  // The other end waits for this one.
  tunnel.request({ ':path': '/ready' }).resume().end();
}

function leave(tunnel: ClientHttp2Session, port: number, socket: Socket): void {
  join(socket, tunnel.request({ ':method': 'CONNECT', ':authority': `${LOOPBACK}:${port}` }));
}

function listen(host: string, port: number, onSocket: (socket: Socket) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, onSocket);
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
}
