// A process of stages that cost next to nothing: each answers with what it was sent.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const count = Number(process.argv[2]);
const ports = await Promise.all(
  Array.from({ length: count }, async () => {
    const server = createServer(async (request, response) => {
      if (request.method === 'GET') {
        response.writeHead(request.url === '/ping' ? 200 : 404).end();
        return;
      }
      response.setHeader('content-type', request.headers['content-type'] ?? 'text/csv');
      if (request.headers['transfer-encoding'] !== undefined) {
        request.pipe(response);
        return;
      }
      const body = Buffer.concat(await request.toArray());
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }),
);
process.send?.(ports);
