import {
  createServer,
  request as forward,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What S3, or the network before it, does to one request. */
export type S3Fault =
  | '503'
  | '500'
  | 'reset before'
  /** It takes effect, and the answer is lost. */
  | 'reset after'
  /** The answer breaks off in its body. */
  | 'cut'
  | 'slow';

export const S3_FAULTS: S3Fault[] = ['503', '500', 'reset before', 'reset after', 'cut', 'slow'];

export interface FaultyS3 {
  url: string;
  /** Asked before each request; undefined: it passes. */
  fault: (method: string, path: string) => S3Fault | undefined;
  close(): void;
}

const ERRORS = { '503': 'SlowDown', '500': 'InternalError' } as const;
const SLOW_MS = 200;

/** An S3 that fails as it is told to, in front of one that does not. */
export async function startFaultyS3(target: string): Promise<FaultyS3> {
  const { hostname, port } = new URL(target);
  const server = createServer(async (request, response) => {
    const { method = '', url: path = '' } = request;
    const fault = faulty.fault(method, path);
    if (fault === 'reset before') return request.socket.destroy();
    const chunks = await request.toArray().catch(() => undefined);
    // The caller has left.
    if (chunks === undefined) return undefined;
    const body = Buffer.concat(chunks);
    if (fault === '503' || fault === '500') {
      const text = `<?xml version="1.0"?><Error><Code>${ERRORS[fault]}</Code><Message>m</Message></Error>`;
      return response.writeHead(Number(fault), { 'content-type': 'application/xml' }).end(text);
    }
    const { headers } = request;
    const passed = forward({ hostname, port, method, path, headers }, (answer) =>
      pass(answer, response, fault),
    );
    passed.on('error', () => response.destroy());
    return passed.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const faulty: FaultyS3 = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fault: () => undefined,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return faulty;
}

async function pass(answer: IncomingMessage, response: ServerResponse, fault?: S3Fault) {
  const chunks = await answer.toArray().catch(() => undefined);
  if (chunks === undefined || fault === 'reset after') return response.destroy();
  const body = Buffer.concat(chunks);
  response.writeHead(answer.statusCode ?? 500, answer.headers);
  const middle = Math.floor(body.length / 2);
  if (fault !== 'cut' && fault !== 'slow') return response.end(body);
  response.write(body.subarray(0, middle));
  await sleep(SLOW_MS);
  return fault === 'slow' ? response.end(body.subarray(middle)) : response.destroy();
}
