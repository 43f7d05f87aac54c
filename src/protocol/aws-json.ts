import { RequestTooLarge, SerializationException, UnknownOperationException } from './errors.ts';
import {
  bodyOf,
  type GatewayEvent,
  type GatewayResult,
  headerOf,
  segmentsOf,
} from './gateway-event.ts';
import type { Operation, Services } from './operation.ts';

export const AWS_JSON = 'application/x-amz-json-1.1';
const MAX_BODY_BYTES = 1024 * 1024;
const TARGET_PREFIX = 'SageMaker.';

/** AWS JSON is at `POST /`, with or without the stage; the REST view is everywhere else. */
export function isAwsJson(event: GatewayEvent): boolean {
  return event.httpMethod === 'POST' && segmentsOf(event).length === 0;
}

/** The operation that X-Amz-Target names; empty when it names none. */
export function operationName(event: GatewayEvent): string {
  const target = headerOf(event, 'x-amz-target') ?? '';
  return target.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : target;
}

/** One AWS JSON 1.1 request (reference sections 1.2 and 1.3). */
export async function awsJson(
  event: GatewayEvent,
  operations: ReadonlyMap<string, Operation>,
  services: Services,
): Promise<GatewayResult> {
  const operation = operationOf(event, operations);
  const output = await operation.run(jsonBody(event), services);
  return {
    statusCode: 200,
    headers: { 'Content-Type': AWS_JSON, 'x-amzn-RequestId': event.requestContext.requestId },
    body: output === undefined ? '' : JSON.stringify(output),
  };
}

function operationOf(event: GatewayEvent, operations: ReadonlyMap<string, Operation>): Operation {
  const name = operationName(event);
  const operation = operations.get(name);
  if (operation !== undefined) return operation;
  throw new UnknownOperationException(
    name === ''
      ? 'The X-Amz-Target header is missing. An AWS SDK sends it; with curl use the REST view, such as GET /models.'
      : `The operation ${name} is not served here. Served are: ${[...operations.keys()].join(', ')}.`,
  );
}

/** @throws RequestTooLarge, or SerializationException unless the body is one JSON object; empty counts as `{}` */
export function jsonBody(event: GatewayEvent): object {
  const body = bodyOf(event);
  if (body.length > MAX_BODY_BYTES)
    throw new RequestTooLarge(MAX_BODY_BYTES, 'ValidationException');
  const text = body.toString('utf8');
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The rest of the message quotes the body, which may hold a secret.
    const [where] = /at position \d+ \(.*\)/.exec(error.message) ?? [];
    throw new SerializationException(`The body is not JSON${where ? `: it breaks ${where}` : ''}.`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new SerializationException('The body is not a JSON object.');
}
