// The chain as one writes it plainly with node:http.
import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import { listen } from '../wire.ts';

const stages = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });

async function whole(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function post(port: string, contentType: string, body: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': contentType, 'content-length': body.length };
    request({ host: '127.0.0.1', port, path: '/invocations', method: 'POST', headers, agent })
      .on('response', resolve)
      .on('error', reject)
      .end(body);
  });
}

const server = createServer(async (incoming, response) => {
  try {
    let body = await whole(incoming);
    let contentType = incoming.headers['content-type'] ?? '';
    for (const port of stages) {
      const answer = await post(port, contentType, body);
      body = await whole(answer);
      if (answer.statusCode !== 200) throw new Error(`stage ${port}: ${answer.statusCode}`);
      contentType = answer.headers['content-type'] ?? '';
    }
    response.writeHead(200, { 'content-type': contentType, 'content-length': body.length });
    response.end(body);
  } catch (error) {
    response.writeHead(424).end(String(error));
  }
});

process.send?.({ port: await listen(server) });

process.on('disconnect', () => process.exit());
