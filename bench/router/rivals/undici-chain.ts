// The chain as one writes it plainly with undici.
import { createServer } from 'node:http';
import { Agent, request } from 'undici';
import { listen } from '../wire.ts';

const stages = process.argv.slice(2);
const dispatcher = new Agent();

const server = createServer(async (incoming, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  let body: Buffer = Buffer.concat(chunks);
  let contentType = incoming.headers['content-type'] ?? '';
  try {
    for (const port of stages) {
      const answer = await request(`http://127.0.0.1:${port}/invocations`, {
        method: 'POST',
        headers: { 'content-type': contentType },
        body,
        dispatcher,
      });
      if (answer.statusCode !== 200) throw new Error(`stage ${port}: ${answer.statusCode}`);
      body = Buffer.from(await answer.body.arrayBuffer());
      contentType = String(answer.headers['content-type']);
    }
    response.writeHead(200, { 'content-type': contentType, 'content-length': body.length });
    response.end(body);
  } catch (error) {
    response.writeHead(424).end(String(error));
  }
});

process.send?.({ port: await listen(server) });

process.on('disconnect', () => process.exit());
