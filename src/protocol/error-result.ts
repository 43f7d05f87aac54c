import { logEvent } from '../aws/log.ts';
import { InternalFailure, ServiceError } from './errors.ts';
import type { GatewayResult } from './gateway-event.ts';

/**
 * An error as either SDK reads it: the code in the body and in a header, the text under both
 * spellings (reference sections 1.4 and 1.6). What is not ours to tell becomes an InternalFailure.
 * @param about what the log is to say of the request, should it be one
 */
export function errorResult(
  error: unknown,
  requestId: string,
  contentType: string,
  about: Readonly<Record<string, unknown>> = {},
): GatewayResult {
  const known = error instanceof ServiceError ? error : internal(error, requestId, about);
  const { code, status, message } = known;
  return {
    statusCode: status,
    headers: {
      'Content-Type': contentType,
      'x-amzn-ErrorType': code,
      'x-amzn-RequestId': requestId,
    },
    body: JSON.stringify({ __type: code, message, Message: message }),
  };
}

function internal(error: unknown, requestId: string, about: object): InternalFailure {
  const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
  logEvent('error', { event: 'internal-failure', requestId, ...about, error: told });
  return new InternalFailure(requestId);
}
