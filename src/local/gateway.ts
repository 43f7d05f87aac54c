import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { APIGatewayAuthorizerResult } from 'aws-lambda';
import type { AuthorizerEvent } from '../auth/relay-authorization.ts';
import type { Action } from '../auth/rights.ts';
import type { SignIn } from '../auth/sign-in.ts';
import { newRoot } from '../invocations/trace-id.ts';
import { errorResult } from '../protocol/error-result.ts';
import { type GatewayEvent, type GatewayResult, segmentsOf } from '../protocol/gateway-event.ts';
import { type LogQuery, parseLogQuery } from './endpoint-logs.ts';
import { type EventQuery, parseEventQuery } from './event-query.ts';
import { refuseForeign } from './foreign-requests.ts';
import { LOOPBACK } from './http-server.ts';
import type { StreamableResult } from './lambda.ts';
import { answerWaiter } from './waiters.ts';

/** What API Gateway itself takes; the functions have bounds of their own below it. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** A body that is too long is read to its end, so that the client gets to read the answer. */
const MAX_DISCARDED_BYTES = 128 * 1024 * 1024;
const STAGE = 'local';
const LOG_LINES = 'text/plain; charset=utf-8';
const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';
const JSON_LINES = 'application/jsonl';

export type GatewayHandler = (event: GatewayEvent) => Promise<GatewayResult>;

interface Handlers {
  api: GatewayHandler;
  invoke: (event: GatewayEvent) => Promise<StreamableResult>;
  /** A laptop's own: `GET /endpoints/<name>/logs`. Text until its end, or until the caller leaves. */
  logs: (query: LogQuery, signal: AbortSignal) => Promise<AsyncIterable<string>>;
  /** The same, `GET /events`: what was put on the event bus. */
  events: (query: EventQuery, signal: AbortSignal) => AsyncIterable<string>;
  /** The same: `GET /metrics`, in Prometheus' text format. */
  metrics: () => string;
  /** Who may read them. */
  signIn: SignIn;
  /** Asked before any function, where requests must be signed. */
  authorizer: ((event: AuthorizerEvent) => Promise<APIGatewayAuthorizerResult>) | undefined;
}

/** API Gateway's stand-in: HTTP in, proxy events to the two functions, HTTP out. */
export function createGateway(handlers: Handlers): Server {
  const server = createServer((request, response) => {
    answer(request, response, handlers).catch((error: unknown) => {
      if (!request.complete) {
        response.destroy();
        return;
      }
      console.error(`gateway: ${request.method} ${request.url} failed:`, error);
      send(response, { statusCode: 502, headers: {}, body: '{"message":"Internal server error"}' });
    });
  });
  refuseForeign(server);
  server.requestTimeout = 120_000;
  server.keepAliveTimeout = 75_000;
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handlers: Handlers,
): Promise<void> {
  const body = await bodyOf(request);
  if (body === undefined) {
    return send(response, {
      statusCode: 413,
      headers: { 'Content-Type': 'application/json', 'x-amzn-ErrorType': 'ValidationError' },
      body: JSON.stringify({ Message: `HTTP content length exceeded ${MAX_BODY_BYTES} bytes.` }),
    });
  }
  const event = withoutDropped(await authorized(eventOf(request, body), handlers));
  const [noun, endpoint = '', view, ...rest] = segmentsOf(event);
  if (event.httpMethod === 'GET' && noun === 'endpoints' && view === 'logs' && rest.length === 0) {
    const action: Action = { name: 'GetLogs', right: 'read', resource: `endpoint/${endpoint}` };
    return await sendText(event, response, LOG_LINES, async (given, signal) => {
      await handlers.signIn(event, action);
      return handlers.logs(parseLogQuery(endpoint, given), signal);
    });
  }
  if (event.httpMethod === 'GET' && noun === 'events' && endpoint === '') {
    return await sendText(event, response, JSON_LINES, async (given, signal) => {
      await handlers.signIn(event, { name: 'GetEvents', right: 'read', resource: '*' });
      return handlers.events(parseEventQuery(given), signal);
    });
  }
  if (event.httpMethod === 'GET' && noun === 'metrics' && endpoint === '') {
    return await sendText(event, response, PROMETHEUS, async () => {
      await handlers.signIn(event, { name: 'GetMetrics', right: 'read', resource: '*' });
      return Readable.from([handlers.metrics()]);
    });
  }
  if (!isInvocation(event.path)) {
    const left = new AbortController();
    response.on('close', () => left.abort());
    send(response, await answerWaiter(event, handlers.api, left.signal));
    return;
  }
  const result = await handlers.invoke(event);
  if (result.stream) await sendStream(response, result, result.stream);
  else send(response, result);
}

/** As it comes. When either side leaves, the other is told. */
async function sendStream(
  response: ServerResponse,
  { statusCode, headers }: GatewayResult,
  stream: Readable,
): Promise<void> {
  for (const [name, value] of Object.entries(headers ?? {})) {
    response.setHeader(name, String(value));
  }
  response.writeHead(statusCode).flushHeaders();
  try {
    await pipeline(stream, response);
  } catch (error) {
    if (!isPrematureClose(error)) throw error;
  }
}

function isPrematureClose(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

/** Lines, as they come. */
async function sendText(
  event: GatewayEvent,
  response: ServerResponse,
  type: string,
  open: (given: Record<string, string>, signal: AbortSignal) => Promise<AsyncIterable<string>>,
): Promise<void> {
  const left = new AbortController();
  response.on('close', () => left.abort());
  try {
    const given = (event.queryStringParameters ?? {}) as Record<string, string>;
    const text = await open(given, left.signal);
    response.writeHead(200, { 'Content-Type': type }).flushHeaders();
    await pipeline(Readable.from(text), response);
  } catch (error) {
    // The caller of what is followed leaves when it has seen enough.
    if (left.signal.aborted) return;
    if (response.headersSent) throw error;
    send(response, errorResult(error, event.requestContext.requestId, 'application/json'));
  }
}

function isInvocation(path: string): boolean {
  return /^(?:\/local)?\/endpoints\/[^/]+\/(?!(?:weights-and-capacities|dashboard)$)./.test(path);
}

/** Path and host stay as the client sent them, for whoever checks what it signed. */
function eventOf(request: IncomingMessage, body: Buffer): GatewayEvent {
  const { headers, headersDistinct, method = 'GET', url = '/' } = request;
  const [path = '/'] = url.split('?', 1);
  const query = new URLSearchParams(url.slice(path.length + 1));
  return {
    httpMethod: method,
    path,
    headers: {
      // As API Gateway does, of a request that belongs to no trace yet.
      'x-amzn-trace-id': `Root=${newRoot()}`,
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    },
    multiValueHeaders: headersDistinct,
    queryStringParameters: Object.fromEntries(query),
    multiValueQueryStringParameters: Object.fromEntries(
      [...query.keys()].map((name) => [name, query.getAll(name)]),
    ),
    body: body.toString('base64'),
    isBase64Encoded: true,
    requestContext: {
      requestId: randomUUID(),
      stage: STAGE,
      path,
      domainName: ownHost(headers.host) ?? LOOPBACK,
    },
  };
}

async function authorized(event: GatewayEvent, { authorizer }: Handlers): Promise<GatewayEvent> {
  if (authorizer === undefined) return event;
  const methodArn = `arn:aws:execute-api:us-east-1:000000000000:local/${STAGE}/${event.httpMethod}${event.path}`;
  const { context } = await authorizer({ ...event, methodArn });
  return { ...event, requestContext: { ...event.requestContext, authorizer: context } };
}

/** API Gateway gives these to an authorizer, and to no function (Important notes for REST APIs). */
function withoutDropped(event: GatewayEvent): GatewayEvent {
  const { authorization = '' } = event.headers;
  const dropped = ['connection', 'content-length', 'content-md5', 'expect', 'te'];
  if (authorization.startsWith('AWS4-HMAC-SHA256')) dropped.push('authorization');
  const kept = <Value>(headers: Record<string, Value>) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.includes(name)));
  return {
    ...event,
    headers: kept(event.headers),
    multiValueHeaders: kept(event.multiValueHeaders ?? {}),
  };
}

/** The host, when it is one that leads to this machine. */
function ownHost(host = ''): string | undefined {
  return /^(?:localhost|127\.0\.0\.1|host\.docker\.internal)(?::\d+)?$/i.test(host)
    ? host
    : undefined;
}

/** undefined: over the bound. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
    if (length > MAX_DISCARDED_BYTES) break;
  }
  return length <= MAX_BODY_BYTES ? Buffer.concat(chunks) : undefined;
}

function send(response: ServerResponse, result: GatewayResult): void {
  const body = Buffer.from(result.body, result.isBase64Encoded ? 'base64' : 'utf8');
  for (const [name, value] of Object.entries(result.headers ?? {})) {
    response.setHeader(name, String(value));
  }
  response.setHeader('Content-Length', body.length);
  response.writeHead(result.statusCode).end(body);
}
