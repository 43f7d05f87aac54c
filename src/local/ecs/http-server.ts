import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { AwsError } from '../logs/index.ts';

/** No request of ECS or Logs comes near this. */
const LARGEST_BODY_BYTES = 1024 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;

/** What an answer is made from; 'drop' closes the connection instead. */
export type Answer = { readonly body: unknown } | 'drop';

export interface Routes {
  /** `target` is the whole X-Amz-Target. Throws AwsError for what the caller did wrong. */
  operation(target: string, input: unknown): Promise<Answer>;
  /** The role credentials of a running task, or `undefined`. */
  credentials(taskId: string): Promise<unknown>;
  report(problem: string): void;
}

/** AWS JSON 1.1 over HTTP, and the credentials endpoint of tasks. */
export function createHttpServer(routes: Routes): Server {
  const server = createServer((request, response) => {
    handle(routes, request, response).catch((error: Error) => {
      routes.report(`request failed: ${error.message}`);
      response.destroy();
    });
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  return server;
}

async function handle(
  routes: Routes,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    refuseForeignHost(request.headers.host);
    const credentialsOf = /^\/credentials\/([0-9a-f]+)$/.exec(request.url ?? '')?.[1];
    if (request.method === 'GET' && credentialsOf !== undefined) {
      const credentials = await routes.credentials(credentialsOf);
      send(response, credentials === undefined ? 404 : 200, credentials ?? {}, 'application/json');
      return;
    }
    const target = request.headers['x-amz-target'];
    if (request.method !== 'POST' || typeof target !== 'string') {
      throw new AwsError('UnknownOperationException', 'POST with an X-Amz-Target is expected.');
    }
    const answer = await routes.operation(target, await readJson(request));
    if (answer === 'drop') response.destroy();
    else send(response, 200, answer.body);
  } catch (error) {
    sendError(routes, response, error);
  }
}

/** A page in a browser can reach loopback under a name of its own; AWS clients come by address or localhost. */
function refuseForeignHost(host = ''): void {
  if (!/^(localhost|[\d.]+|\[[\da-f:]+\])(:\d+)?$/i.test(host)) {
    throw new AwsError('AccessDeniedException', `The host ${host} is not this stand-in's.`);
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LARGEST_BODY_BYTES) {
      throw new AwsError(
        'RequestEntityTooLargeException',
        `The request is larger than ${LARGEST_BODY_BYTES} bytes.`,
        413,
      );
    }
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString() || '{}');
  } catch (error) {
    throw new AwsError('SerializationException', `Not JSON: ${(error as Error).message}`);
  }
}

function sendError(routes: Routes, response: ServerResponse, error: unknown): void {
  if (error instanceof AwsError) {
    send(response, error.status, { __type: error.code, message: error.message });
    return;
  }
  routes.report(`internal error: ${(error as Error).stack}`);
  send(response, 500, { __type: 'ServerException', message: (error as Error).message });
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  contentType = 'application/x-amz-json-1.1',
): void {
  // A request that was not read to its end cannot be followed by another on the same connection.
  if (status === 413) response.setHeader('connection', 'close');
  response
    .writeHead(status, { 'content-type': contentType, 'x-amzn-requestid': crypto.randomUUID() })
    .end(JSON.stringify(body));
}
