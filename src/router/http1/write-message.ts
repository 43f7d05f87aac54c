import type { Socket } from 'node:net';

/** Up to here, a copy costs less than a second buffer in the write. */
const ONE_BUFFER_BYTES = 32_768;

/** What is written goes through this memory. Whoever finds it free again, uses it again. */
let buffer = Buffer.allocUnsafeSlow(ONE_BUFFER_BYTES);

/** Writes a message with one call of the kernel. */
export function writeMessage(socket: Socket, head: string, body: Buffer): void {
  const bytes = head.length + body.length;
  if (bytes > ONE_BUFFER_BYTES) {
    socket.cork();
    socket.write(head, 'latin1');
    socket.write(body);
    socket.uncork();
    return;
  }
  const used = buffer;
  used.write(head, 0, 'latin1');
  used.set(body, head.length);
  socket.write(used.subarray(0, bytes));
  // The kernel has not taken all of it yet: this memory is the socket's now.
  if (socket.writableLength > 0) buffer = Buffer.allocUnsafeSlow(ONE_BUFFER_BYTES);
}
