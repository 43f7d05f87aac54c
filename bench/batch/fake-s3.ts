// S3's few calls that a job makes, over one object that is made up as it is read: a file of any size
// that nobody has to hold. `<lines>.csv` has so many lines of 50 bytes. What is written is counted.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const LINE = Buffer.from('5.1,3.5,1.4,0.2,0.31,0.42,0.53,0.64,0.75,0.86,0.9\n');
const BLOCK_LINES = 1300;
const BLOCK = Buffer.concat(Array.from({ length: BLOCK_LINES }, () => LINE));
export const LINE_BYTES = LINE.length;

let written = 0;

function xml(response: ServerResponse, body: string): void {
  response.setHeader('content-type', 'application/xml');
  response.end(`<?xml version="1.0" encoding="UTF-8"?>${body}`);
}

function linesOf(key: string): number {
  return Number(/(\d+)\.csv/.exec(key)?.[1] ?? 0);
}

async function sendObject(response: ServerResponse, lines: number): Promise<void> {
  response.writeHead(200, { 'content-length': lines * LINE.length, etag: '"made-up"' });
  for (let left = lines; left > 0; left -= BLOCK_LINES) {
    const block = left >= BLOCK_LINES ? BLOCK : BLOCK.subarray(0, left * LINE.length);
    if (!response.write(block)) await new Promise((resolve) => response.once('drain', resolve));
  }
  response.end();
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://s3');
  const [, , ...path] = url.pathname.split('/');
  const key = path.join('/');
  if (request.method === 'GET' && url.searchParams.has('list-type')) {
    const prefix = url.searchParams.get('prefix') ?? '';
    const size = linesOf(prefix) * LINE.length;
    return xml(
      response,
      `<ListBucketResult><KeyCount>1</KeyCount><IsTruncated>false</IsTruncated><Contents><Key>${prefix}</Key><Size>${size}</Size><ETag>"made-up"</ETag></Contents></ListBucketResult>`,
    );
  }
  if (request.method === 'GET') return sendObject(response, linesOf(key));
  let bytes = 0;
  for await (const chunk of request) bytes += (chunk as Buffer).length;
  if (request.method === 'PUT') {
    written += bytes;
    response.writeHead(200, { etag: '"part"' }).end();
    return;
  }
  if (url.searchParams.has('uploads')) {
    return xml(
      response,
      '<InitiateMultipartUploadResult><UploadId>upload</UploadId></InitiateMultipartUploadResult>',
    );
  }
  return xml(
    response,
    '<CompleteMultipartUploadResult><ETag>"whole"</ETag></CompleteMultipartUploadResult>',
  );
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    response.destroy();
  });
});
if (process.send !== undefined) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.on('message', () => {
    process.send?.({ written });
    written = 0;
  });
  process.send({ port: (server.address() as AddressInfo).port });
}
