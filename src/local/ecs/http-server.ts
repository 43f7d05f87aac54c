import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { QUERY_CODES } from '../cloudwatch/index.ts';
import { refuseForeign } from '../foreign-requests.ts';
import { AwsError } from '../logs/index.ts';
import { type WireFormat, wireFormatOf } from './wire-format.ts';

/** No request of ECS or Logs comes near this; CloudWatch has the same bound. */
const LARGEST_BODY_BYTES = 1024 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const PLAIN_JSON = { headers: { 'content-type': 'application/json' }, write: JSON.stringify };

/** What an answer is made from; 'drop' closes the connection instead. */
export type Answer = { readonly body: unknown } | 'drop';

export interface Routes {
  /** `target` is service and operation, as in X-Amz-Target. Throws AwsError for what the caller did wrong. */
  operation(target: string, input: unknown): Promise<Answer>;
  /** The role credentials of a running task, or `undefined`. */
  credentials(taskId: string): Promise<unknown>;
  /** The labels of an image, or `undefined` when it is not here. Rejects when nobody can say. */
  imageLabels(image: string): Promise<Readonly<Record<string, string>> | undefined>;
  report(problem: string): void;
}

/** AWS JSON and RPC v2 CBOR over HTTP, the credentials endpoint of tasks, and the labels of images. */
export function createHttpServer(routes: Routes): Server {
  const server = createServer((request, response) => {
    handle(routes, request, response).catch((error: Error) => {
      routes.report(`request failed: ${error.message}`);
      response.destroy();
    });
  });
  refuseForeign(server);
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  return server;
}

async function handle(
  routes: Routes,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const format = wireFormatOf(request.headers);
  try {
    const credentialsOf = /^\/credentials\/([0-9a-f]+)$/.exec(request.url ?? '')?.[1];
    if (request.method === 'GET' && credentialsOf !== undefined) {
      const credentials = await routes.credentials(credentialsOf);
      send(response, credentials === undefined ? 404 : 200, credentials ?? {}, PLAIN_JSON);
      return;
    }
    const image = /^\/images\/([^/]+)\/labels$/.exec(request.url ?? '')?.[1];
    if (request.method === 'GET' && image !== undefined) {
      const labels = await routes.imageLabels(decodeURIComponent(image));
      send(response, labels === undefined ? 404 : 200, { labels }, PLAIN_JSON);
      return;
    }
    const target = targetOf(request);
    if (request.method !== 'POST' || target === undefined) {
      throw new AwsError('UnknownOperationException', 'POST with an X-Amz-Target is expected.');
    }
    const answer = await routes.operation(target, await readInput(request, format));
    if (answer === 'drop') response.destroy();
    else send(response, 200, answer.body, format);
  } catch (error) {
    sendError(routes, request, response, error);
  }
}

function targetOf({ headers, url = '' }: IncomingMessage): string | undefined {
  const rpc = /^\/service\/([^/]+)\/operation\/([^/]+)$/.exec(url);
  if (rpc !== null) return `${rpc[1]}.${rpc[2]}`;
  const target = headers['x-amz-target'];
  return typeof target === 'string' ? target : undefined;
}

async function readInput(request: IncomingMessage, format: WireFormat): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LARGEST_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  try {
    return format.read(request.headers['content-encoding'] === 'gzip' ? unzipped(body) : body);
  } catch (error) {
    if (error instanceof AwsError) throw error;
    const { message } = error as Error;
    throw new AwsError('SerializationException', `The body cannot be read: ${message}`);
  }
}

/** SDKs pack what is large: PutMetricData. */
function unzipped(body: Buffer): Buffer {
  try {
    return gunzipSync(body, { maxOutputLength: LARGEST_BODY_BYTES });
  } catch (error) {
    const isTooLarge = error instanceof RangeError;
    throw isTooLarge ? tooLarge() : error;
  }
}

function tooLarge(): AwsError {
  return new AwsError(
    'RequestEntityTooLargeException',
    `The request is larger than ${LARGEST_BODY_BYTES} bytes.`,
    413,
  );
}

function sendError(
  routes: Routes,
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
): void {
  const known = error instanceof AwsError;
  if (!known) routes.report(`internal error: ${(error as Error).stack}`);
  const code = known ? error.code : 'ServerException';
  const status = known ? error.status : 500;
  if (request.headers['x-amzn-query-mode'] === 'true') {
    const blame = status < 500 ? 'Sender' : 'Receiver';
    response.setHeader('x-amzn-query-error', `${QUERY_CODES[code] ?? code};${blame}`);
  }
  const { message } = error as Error;
  send(response, status, { __type: code, message }, wireFormatOf(request.headers));
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  format: Pick<WireFormat, 'headers' | 'write'>,
): void {
  // A request that was not read to its end cannot be followed by another on the same connection.
  if (status === 413) response.setHeader('connection', 'close');
  response
    .writeHead(status, { ...format.headers, 'x-amzn-requestid': crypto.randomUUID() })
    .end(format.write(body));
}
