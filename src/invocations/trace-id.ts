import { randomBytes } from 'node:crypto';
import { type GatewayEvent, headerOf } from '../protocol/gateway-event.ts';
import type { InvokeResult } from './invoke-result.ts';

export const TRACE_HEADER = 'X-Amzn-Trace-Id';
const ROOT = /(?:^|;)\s*Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)/i;

/** Every answer says under which trace its request ran. API Gateway gives each request one. */
export function withTraceId(
  handle: (event: GatewayEvent) => Promise<InvokeResult>,
): (event: GatewayEvent) => Promise<InvokeResult> {
  return async (event) => {
    const result = await handle(event);
    result.headers[TRACE_HEADER] = `Root=${rootOf(headerOf(event, TRACE_HEADER)) ?? newRoot()}`;
    return result;
  };
}

/** The trace's own id in a header of X-Ray's; undefined where there is none, or none that is one. */
export function rootOf(header = ''): string | undefined {
  return ROOT.exec(header)?.[1];
}

/** @see https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids */
export function newRoot(epochMs = Date.now()): string {
  const seconds = Math.floor(epochMs / 1000).toString(16);
  return `1-${seconds.padStart(8, '0')}-${randomBytes(12).toString('hex')}`;
}
