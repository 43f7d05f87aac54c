import type { Server, ServerResponse } from 'node:http';

/**
 * Follows the answers of a server, so that it can be closed without cutting one off. Node's own
 * `close` waits for connections instead, and one that never carried a request would hold it up.
 * @returns closes the server: no new connections, idle ones closed at once, the others when their
 * answer is out, or after `longestMs` in any case.
 */
export function orderlyClose(server: Server): (longestMs: number) => Promise<void> {
  const open = new Set<ServerResponse>();
  let closing = false;

  const closeIdle = (): void => {
    if (closing && open.size === 0) server.closeAllConnections();
  };
  server.on('request', (_, response) => {
    open.add(response);
    response.once('close', () => {
      open.delete(response);
      closeIdle();
    });
  });

  return async (longestMs) => {
    const cutOff = setTimeout(() => server.closeAllConnections(), longestMs);
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    closing = true;
    closeIdle();
    await closed;
    clearTimeout(cutOff);
  };
}
