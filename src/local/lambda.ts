import { randomUUID } from 'node:crypto';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import type { Context, StreamifyHandler } from 'aws-lambda';
import type { GatewayEvent, GatewayResult } from '../protocol/gateway-event.ts';

type Handler<E, R> = (
  event: E,
  context: Context,
  options: { signal: AbortSignal },
) => undefined | R | Promise<R>;

/** An answer; of one that streams, `stream` is the body. */
export type StreamableResult = GatewayResult & { stream?: Readable };

/** API Gateway and SQS give a function as long as this. */
const LONGEST_RUN_MS = 900_000;
/** What parts status and headers from the body in an answer that streams to API Gateway. */
const DELIMITER = Buffer.alloc(8);
const EVENT_STREAM = /^application\/vnd\.amazon\.eventstream\b/;

/** Runs a function's handler as the Lambda service does: an event, a context, a promise. */
export function asLambda<E, R>(name: string, handler: Handler<E, R>): (event: E) => Promise<R> {
  return async (event) => {
    const { signal } = new AbortController();
    const answer = await handler(event, contextOf(name), { signal });
    if (answer === undefined) throw new Error(`The function ${name} answered nothing.`);
    return answer;
  };
}

/**
 * What Lambda's Node.js runtime gives functions that stream their answers: the global `awslambda`.
 * Such a function reads it as it loads.
 */
export function provideStreaming(): void {
  const from = (stream: Writable, metadata: object): Writable => {
    const write = stream.write.bind(stream) as (chunk: unknown) => boolean;
    // As in the runtime: they come before the first write, and what `end` writes is none.
    stream.write = (chunk: unknown) => {
      stream.write = write;
      write(JSON.stringify(metadata));
      write(DELIMITER);
      return write(chunk);
    };
    return stream;
  };
  const streamifyResponse = <T>(handler: T): T => handler;
  Object.assign(globalThis, { awslambda: { streamifyResponse, HttpResponseStream: { from } } });
}

/**
 * Runs a function that streams its answers as Lambda and API Gateway do. An event stream is given on
 * as it comes; every other answer is read whole.
 */
export function asStreamingLambda(
  name: string,
  handler: StreamifyHandler<GatewayEvent>,
): (event: GatewayEvent) => Promise<StreamableResult> {
  return async (event) => {
    const stream = new PassThrough();
    const own = Object.assign(stream, { setContentType: () => undefined });
    const running = Promise.resolve(handler(event, own, contextOf(name)));
    running.catch((error: Error) => stream.destroy(error));

    const { statusCode, headers } = await readPrelude(stream, name);
    if (EVENT_STREAM.test(headers['Content-Type'] ?? '')) {
      return { statusCode, headers, body: '', stream };
    }
    const body = Buffer.concat(await stream.toArray());
    return { statusCode, headers, body: body.toString('base64'), isBase64Encoded: true };
  };
}

interface Prelude {
  statusCode: number;
  headers: Record<string, string>;
}

/** Takes status and headers off the front of the stream, and leaves the body in it. */
async function readPrelude(stream: Readable, name: string): Promise<Prelude> {
  let held = Buffer.alloc(0);
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    held = Buffer.concat([held, chunk as Buffer]);
    const end = held.indexOf(DELIMITER);
    if (end < 0) continue;
    stream.unshift(held.subarray(end + DELIMITER.length));
    return JSON.parse(held.toString('utf8', 0, end)) as Prelude;
  }
  throw new Error(`The function ${name} answered nothing.`);
}

function contextOf(name: string): Context {
  const deadline = Date.now() + LONGEST_RUN_MS;
  return {
    awsRequestId: randomUUID(),
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    memoryLimitInMB: '512',
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: 'local',
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => deadline - Date.now(),
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}
