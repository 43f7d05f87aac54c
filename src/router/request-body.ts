import type { IncomingMessage } from 'node:http';
import type { ChainStop } from './chain-stop.ts';
import { BodyCollector } from './http1/body-collector.ts';

export type RequestBody =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'stopped' };

/**
 * Reads the body of a request, at most `maxBytes` of it. What comes after them is left to Node, which
 * throws it away once the answer is out, so that a caller who still sends can read the answer.
 * @param stop ends the reading.
 */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  stop: ChainStop,
): Promise<RequestBody> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBytes) return Promise.resolve({ kind: 'too-large' });

  return new Promise((resolve) => {
    const collected = new BodyCollector();
    let only: Buffer | undefined;

    const settle = (body: RequestBody): void => {
      request.off('data', take);
      request.off('end', end);
      stop.onStop = undefined;
      resolve(body);
    };
    const take = (chunk: Buffer): void => {
      if (chunk.length === announced) {
        only = chunk;
        return;
      }
      if (collected.length === 0) collected.expect(announced);
      if (collected.length + chunk.length > maxBytes) settle({ kind: 'too-large' });
      else collected.add(chunk);
    };
    const end = (): void => settle({ kind: 'whole', bytes: only ?? collected.body() });

    request.on('data', take);
    request.on('end', end);
    stop.onStop = () => settle({ kind: 'stopped' });
    if (stop.why !== undefined) settle({ kind: 'stopped' });
  });
}
