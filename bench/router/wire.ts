import type { Server } from 'node:net';

/** The Content-Type with which a body comes to the stage at `position`; the client sends that of 0. */
export function contentTypeOf(position: number): string {
  return `application/x-step; at=${position}`;
}

/** Listens on a free port of loopback. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('No port to listen on.');
  return address.port;
}
