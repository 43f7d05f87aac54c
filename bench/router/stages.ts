// A process of stages that cost next to nothing: each answers with the body it was sent. It takes the
// request only when the Content-Type is the one that the stage before it gives, so a rival that calls
// the wrong stage, or loses the type, is found out.
import { createServer, type Socket } from 'node:net';
import { contentTypeOf, listen } from './wire.ts';

const HEAD_END = Buffer.from('\r\n\r\n');

function serveStage(position: number) {
  return (socket: Socket): void => {
    let head: Buffer | undefined;
    let parts: Buffer[] = [];
    let missing = 0;
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      let bytes = chunk;
      if (missing === 0) {
        const held = head === undefined ? chunk : Buffer.concat([head, chunk]);
        const end = held.indexOf(HEAD_END);
        if (end < 0) {
          head = held;
          return;
        }
        head = undefined;
        const text = held.toString('latin1', 0, end);
        if (text.startsWith('GET /ping')) {
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
          return;
        }
        const type = /\r\ncontent-type: ([^\r]*)/i.exec(text)?.[1];
        if (type !== contentTypeOf(position)) {
          socket.write('HTTP/1.1 415 Wrong\r\nContent-Length: 0\r\n\r\n');
          socket.destroySoon();
          return;
        }
        const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
        bytes = held.subarray(end + 4);
        missing = length;
        parts = [
          Buffer.from(
            `HTTP/1.1 200 OK\r\nContent-Type: ${contentTypeOf(position + 1)}\r\nContent-Length: ${length}\r\n\r\n`,
            'latin1',
          ),
        ];
      }
      parts.push(bytes);
      missing -= bytes.length;
      if (missing > 0) return;
      socket.cork();
      for (const part of parts) socket.write(part);
      socket.uncork();
      parts = [];
    });
  };
}

const count = Number(process.argv[2]);
const ports = await Promise.all(
  Array.from({ length: count }, (_, position) => listen(createServer(serveStage(position)))),
);
process.send?.({ ports });

process.on('disconnect', () => process.exit());
