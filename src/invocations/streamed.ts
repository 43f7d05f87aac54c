import { Readable } from 'node:stream';
import middy from '@middy/core';
import type { StreamifyHandler } from 'aws-lambda';
import type { GatewayEvent } from '../protocol/gateway-event.ts';
import type { InvokeResult } from './invoke.ts';

/**
 * `invoke` as a Lambda function that streams all its answers, so that bytes stay bytes: its routes in
 * API Gateway have the response transfer mode STREAM.
 */
export function streamed(
  invoke: (event: GatewayEvent) => Promise<InvokeResult>,
): StreamifyHandler<GatewayEvent> {
  const handler = middy(
    async (event: GatewayEvent) => {
      const { body, ...head } = await invoke(event);
      return { ...head, body: Readable.from(Buffer.isBuffer(body) ? [body] : body) };
    },
    { streamifyResponse: true },
  );
  // What middy makes of it then, its types do not tell.
  return handler as unknown as StreamifyHandler<GatewayEvent>;
}
