import type { IncomingMessage } from 'node:http';

export type RequestBody =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'stopped' };

/**
 * Reads the body of a request, at most `maxBytes` of it. What comes after them is left to Node, which
 * throws it away once the answer is out, so that a caller who still sends can read the answer.
 * @param signal ends the reading: the deadline, or the caller going away.
 */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  signal: AbortSignal,
): Promise<RequestBody> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    return Promise.resolve({ kind: 'too-large' });
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;

    const settle = (body: RequestBody): void => {
      request.off('data', take);
      request.off('end', end);
      signal.removeEventListener('abort', stop);
      resolve(body);
    };
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > maxBytes) settle({ kind: 'too-large' });
      else chunks.push(chunk);
    };
    const end = (): void => settle({ kind: 'whole', bytes: Buffer.concat(chunks, bytes) });
    const stop = (): void => settle({ kind: 'stopped' });

    request.on('data', take);
    request.on('end', end);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}
