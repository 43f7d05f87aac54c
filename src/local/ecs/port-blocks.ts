import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { PORT_BLOCK } from '../../fleet/ports.ts';

/** Below the ports that Linux and macOS hand out for outgoing connections. */
const FIRST_PORT = 10_000;
const BLOCKS = Math.floor((32_000 - FIRST_PORT) / PORT_BLOCK);

/** Shared by every stand-in of this process: a block taken is nobody else's, listened on or not. */
const taken = new Set<number>();

/**
 * The first port of a free block of PORT_BLOCK host ports. It stays taken until `releasePortBlock`.
 * Rejects when every block is taken.
 */
export async function takePortBlock(): Promise<number> {
  const start = randomInt(BLOCKS);
  for (let step = 0; step < BLOCKS; step += 1) {
    const port = FIRST_PORT + ((start + step) % BLOCKS) * PORT_BLOCK;
    if (taken.has(port)) continue;
    taken.add(port);
    if (await canBind(port)) return port;
    taken.delete(port);
  }
  throw new Error('no free block of ports on 127.0.0.1 in 10000–32000: stop some tasks');
}

export function releasePortBlock(port: number): void {
  taken.delete(port);
}

function canBind(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
