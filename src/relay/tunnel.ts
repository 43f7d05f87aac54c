import { Duplex, type Readable, type Writable } from 'node:stream';

/**
 * One stream of two, to run HTTP/2 over. It has no errors, only an end: it is over when either of the
 * two is. (An error may come when the session has let go of its stream, and then nobody listens.)
 */
export function tunnelOver(from: Readable, to: Writable): Duplex {
  const tunnel = new Duplex({
    read: () => {
      from.resume();
    },
    write: (chunk: Buffer, _encoding, done) => {
      to.write(chunk, () => done());
    },
    final: (done) => {
      to.end(() => done());
    },
    destroy: (_error, done) => {
      from.destroy();
      to.destroy();
      done(null);
    },
  });
  from.on('data', (chunk: Buffer) => {
    if (!tunnel.push(chunk)) from.pause();
  });
  for (const stream of [from, to]) {
    for (const event of ['end', 'close', 'error']) stream.on(event, () => tunnel.destroy());
  }
  return tunnel;
}
