import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';

/** An API Gateway proxy event, as far as we look at it (REST API, payload format 1.0). */
export type GatewayEvent = Pick<
  APIGatewayProxyEvent,
  'httpMethod' | 'path' | 'headers' | 'queryStringParameters' | 'body' | 'isBase64Encoded'
> &
  Partial<Pick<APIGatewayProxyEvent, 'multiValueHeaders' | 'multiValueQueryStringParameters'>> & {
    requestContext: {
      requestId: string;
      stage: string;
      /** As the client sent it, with the stage where it did. */
      path?: string;
      /** By which name the API was reached. */
      domainName?: string | undefined;
      /** Who the caller is, where API Gateway checks that by IAM. */
      identity?: { userArn: string | null };
      /** What the authorizer hands on, where there is one. */
      authorizer?: { authorization?: string } | null | undefined;
    };
  };

export type GatewayResult = APIGatewayProxyResult;

/** Header names are matched whatever their case; API Gateway keeps the client's spelling. */
export function headerOf(event: GatewayEvent, name: string): string | undefined {
  const wanted = name.toLowerCase();
  for (const [key, value] of Object.entries(event.headers ?? {})) {
    if (key.toLowerCase() === wanted && value !== undefined) return value;
  }
  return undefined;
}

const bodies = new WeakMap<GatewayEvent, Buffer>();

/** Decoded once: whoever checks a signature needs it before whoever answers the request. */
export function bodyOf(event: GatewayEvent): Buffer {
  const known = bodies.get(event);
  if (known !== undefined) return known;
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  bodies.set(event, body);
  return body;
}

/** The path's segments, decoded, without the stage that botocore and the JS SDK may send along. */
export function segmentsOf(event: GatewayEvent): string[] {
  const { path: asSent = event.path, stage } = event.requestContext;
  const segments = event.path.split('/').filter((segment) => segment !== '');
  // Where API Gateway took the stage off, a second one is no stage: what is served would have a path
  // more, and IAM's policies name one.
  const hasStage = asSent === event.path && segments[0] === stage;
  return (hasStage ? segments.slice(1) : segments).map(decoded);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (error instanceof URIError) return segment;
    throw error;
  }
}
