import { EventStreamCodec } from '@smithy/core/event-streams';
import type { Clock } from '../aws/clock.ts';

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString('utf8'),
  (text) => Buffer.from(text, 'utf8'),
);

/** The Content-Type of an event stream. */
export const EVENT_STREAM = 'application/vnd.amazon.eventstream';

/** One part of the payload (reference section 3.3). */
function payloadPart(bytes: Uint8Array): Uint8Array {
  return frame(
    { ':event-type': 'PayloadPart', ':content-type': 'application/octet-stream' },
    bytes,
  );
}

/** How a stream ends that did not come to its end. */
function streamError(
  code: 'ModelInvocationTimeExceeded' | 'StreamBroken',
  Message: string,
): Uint8Array {
  return exception('ModelStreamError', { Message, ErrorCode: code });
}

/** How a stream ends through a fault of ours. */
function internalStreamFailure(Message: string): Uint8Array {
  return exception('InternalStreamFailure', { Message });
}

/**
 * A model's chunks as the frames of an event stream. It always ends in order: what breaks it off
 * becomes an exception frame, so that no client takes a part for the whole.
 * @param deadline as `clock` tells it: what breaks after it has broken because of it
 * @param stage the container that streams
 */
export async function* eventStream(
  chunks: AsyncIterable<Uint8Array>,
  { clock, deadline, stage, onError }: StreamOptions,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of chunks) yield payloadPart(chunk);
  } catch (error) {
    onError(error);
    if (!isOfTheWire(error)) {
      yield internalStreamFailure('The response stream failed for an internal reason.');
    } else if (clock.now() >= deadline) {
      yield streamError(
        'ModelInvocationTimeExceeded',
        `Your model ${stage} did not complete sending the inference response in the allotted time.`,
      );
    } else {
      yield streamError(
        'StreamBroken',
        `Your model ${stage} broke off the inference response. Look in its logs for a crash, resolve the issue, and try again.`,
      );
    }
  }
}

export interface StreamOptions {
  clock: Clock;
  deadline: number;
  stage: string;
  onError: (error: unknown) => void;
}

/** Whether a connection failed; every failure of a connection has a code. */
function isOfTheWire(error: unknown): boolean {
  return error instanceof Error && 'code' in error;
}

function exception(type: string, body: object): Uint8Array {
  const headers = { ':exception-type': type, ':content-type': 'application/json' };
  return frame(headers, Buffer.from(JSON.stringify(body)), 'exception');
}

function frame(
  headers: Record<string, string>,
  body: Uint8Array,
  messageType: 'event' | 'exception' = 'event',
): Uint8Array {
  const all = Object.entries({ ':message-type': messageType, ...headers });
  return codec.encode({
    headers: Object.fromEntries(all.map(([name, value]) => [name, { type: 'string', value }])),
    body,
  });
}
