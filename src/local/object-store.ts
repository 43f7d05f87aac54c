import { Server } from 'node:net';
import { join } from 'node:path';
import { startFauxqs } from 'fauxqs';
import { LOOPBACK } from './http-server.ts';

export interface ObjectStore {
  url: string;
  createQueue(name: string): string;
  createBucket(name: string): void;
  close(): Promise<void>;
}

/** Stand-in for S3 and SQS, on one port. Buckets, objects and messages outlive the process. */
export async function startObjectStore(port: number, dataDir: string): Promise<ObjectStore> {
  const server = await onLoopback(() =>
    startFauxqs({ port, logger: false, dataDir: join(dataDir, 's3') }),
  );
  const url = `http://${LOOPBACK}:${server.port}`;
  if (!server.address.startsWith(`http://${LOOPBACK}:`)) {
    await server.stop();
    throw new Error(`The S3 stand-in listens on ${server.address}, not on loopback only.`);
  }
  return {
    url,
    createQueue: (name) => {
      server.createQueue(name);
      // Its own URL has a host name that only some machines resolve.
      return `${url}/000000000000/${name}`;
    },
    createBucket: (name) => {
      server.createBucket(name);
    },
    close: () => server.stop(),
  };
}

/**
 * fauxqs listens on every interface and offers no other way. While `start` runs, whatever listens
 * without a loopback address gets one; the caller checks that it worked.
 */
async function onLoopback<T>(start: () => Promise<T>): Promise<T> {
  const { listen } = Server.prototype;
  Server.prototype.listen = function (this: Server, ...args: unknown[]) {
    const [options, ...rest] = args;
    const isEverywhere =
      typeof options === 'object' && options !== null && Reflect.get(options, 'host') === '0.0.0.0';
    const bound = isEverywhere ? { ...options, host: LOOPBACK } : options;
    return Reflect.apply(listen, this, [bound, ...rest]);
  };
  try {
    return await start();
  } finally {
    Server.prototype.listen = listen;
  }
}
