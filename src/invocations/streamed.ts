import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { StreamifyHandler } from 'aws-lambda';
import type { GatewayEvent } from '../protocol/gateway-event.ts';
import type { InvokeResult } from './invoke-result.ts';

const NOTHING = Buffer.alloc(0);

/**
 * `invoke` as a Lambda function that streams all its answers, so that bytes stay bytes: its routes in
 * API Gateway have the response transfer mode STREAM. Without middy, which makes a pipeline of every
 * body, also of one that is whole: more than half of the function's own time.
 */
export function streamed(
  invoke: (event: GatewayEvent) => Promise<InvokeResult>,
): StreamifyHandler<GatewayEvent> {
  return awslambda.streamifyResponse(async (event: GatewayEvent, stream) => {
    const { body, ...head } = await invoke(event);
    const answer = awslambda.HttpResponseStream.from(stream, head);
    if (Buffer.isBuffer(body)) {
      await finish(answer, body);
    } else {
      // Status and headers go out with a write, none other: also before the first frame, or without one.
      answer.write(NOTHING);
      await pipeline(body, answer);
    }
  });
}

/** Not in one call: in Lambda's runtime, what `end` writes does not bring status and headers along. */
function finish(stream: Writable, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.write(body);
    stream.end((error?: Error | null) => (error ? reject(error) : resolve()));
  });
}
