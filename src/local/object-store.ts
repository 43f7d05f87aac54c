import { Server as HttpServer } from 'node:http';
import { Server } from 'node:net';
import { join } from 'node:path';
import { type MessageSpyReader, type SpyMessage, startFauxqs } from 'fauxqs';
import { refuseForeign } from './foreign-requests.ts';
import { LOOPBACK } from './http-server.ts';

export interface ObjectStore {
  url: string;
  createQueue(name: string): string;
  createBucket(name: string): void;
  /** Puts a message into a queue, like S3's notification, for every object that is made. */
  tellOfObjects(queue: string): void;
  close(): Promise<void>;
}

/** Stand-in for S3 and SQS, on one port. Buckets, objects and messages outlive the process. */
export async function startObjectStore(port: number, dataDir: string): Promise<ObjectStore> {
  const server = await onLoopback(() =>
    startFauxqs({ port, logger: false, dataDir: join(dataDir, 's3'), messageSpies: true }),
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
    tellOfObjects: (queue) => {
      onObjectMade(server.spy, ({ bucket, key, at }) => {
        // In the same breath as the object itself is written: a kill loses neither, or both.
        server.sendMessage(queue, JSON.stringify(createdEvent(bucket, key, at)));
      });
    },
    close: () => server.stop(),
  };
}

/**
 * fauxqs listens on every interface and offers no other way. While `start` runs, whatever listens
 * without a loopback address gets one, and is closed to foreign pages; the caller checks that it worked.
 */
async function onLoopback<T>(start: () => Promise<T>): Promise<T> {
  const { listen } = Server.prototype;
  Server.prototype.listen = function (this: Server, ...args: unknown[]) {
    const [options, ...rest] = args;
    const isEverywhere =
      typeof options === 'object' && options !== null && Reflect.get(options, 'host') === '0.0.0.0';
    if (this instanceof HttpServer) refuseForeign(this);
    const bound = isEverywhere ? { ...options, host: LOOPBACK } : options;
    return Reflect.apply(listen, this, [bound, ...rest]);
  };
  try {
    return await start();
  } finally {
    Server.prototype.listen = listen;
  }
}

interface MadeObject {
  bucket: string;
  key: string;
  /** New with each call, and greater than the last. */
  at: number;
}

const MADE = ['uploaded', 'copied', 'renamed'];

/** fauxqs has no notifications; what it tells its spy about objects is all there is to hear. */
function onObjectMade(spy: MessageSpyReader, tell: (object: MadeObject) => void): void {
  let last = 0;
  const addMessage: unknown = Reflect.get(spy, 'addMessage');
  if (typeof addMessage !== 'function') throw new Error('This fauxqs tells its spy nothing.');
  Reflect.set(spy, 'addMessage', (message: SpyMessage) => {
    Reflect.apply(addMessage, spy, [message]);
    if (message.service !== 's3' || !MADE.includes(message.status)) return;
    last = Math.max(last + 1, Date.now() * 1000);
    tell({ bucket: message.bucket, key: message.key, at: last });
  });
}

/** As EventBridge words it. The ETag is left out: the job takes the object as it finds it. */
function createdEvent(bucket: string, key: string, at: number) {
  return {
    source: 'aws.s3',
    'detail-type': 'Object Created',
    detail: { bucket: { name: bucket }, object: { key, sequencer: at.toString(16) } },
  };
}
