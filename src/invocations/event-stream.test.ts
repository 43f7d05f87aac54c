import { EventStreamCodec } from '@smithy/core/event-streams';
import { expect, it } from 'vitest';
import { eventStream } from './event-stream.ts';

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString('utf8'),
  (text) => Buffer.from(text, 'utf8'),
);
const DEADLINE = 480_000;

async function* chunks(texts: string[], error?: Error): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
  if (error) throw error;
}

/** The frames of a stream that breaks with `error` at `now`: their headers, and their bodies as text. */
async function framesOf(texts: string[], error?: Error, now = 0) {
  const reasons: unknown[] = [];
  const stream = eventStream(chunks(texts, error), {
    clock: { now: () => now },
    deadline: DEADLINE,
    stage: 'predict',
    onError: (reason) => void reasons.push(reason),
  });
  const frames: { headers: Record<string, unknown>; body: string }[] = [];
  for await (const bytes of stream) {
    const { headers, body } = codec.decode(bytes);
    const plain = Object.entries(headers).map(([name, { value }]) => [name, value]);
    frames.push({ headers: Object.fromEntries(plain), body: Buffer.from(body).toString() });
  }
  return { frames, reasons };
}

const broken = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });

it('makes a PayloadPart of every chunk', async () => {
  const { frames, reasons } = await framesOf(['one', 'two']);

  const headers = {
    ':message-type': 'event',
    ':event-type': 'PayloadPart',
    ':content-type': 'application/octet-stream',
  };
  expect(frames).toEqual([
    { headers, body: 'one' },
    { headers, body: 'two' },
  ]);
  expect(reasons).toEqual([]);
});

it.each([
  [
    'a stage that breaks off',
    broken,
    DEADLINE - 1,
    'ModelStreamError',
    {
      Message:
        'Your model predict broke off the inference response. Look in its logs for a crash, resolve the issue, and try again.',
      ErrorCode: 'StreamBroken',
    },
  ],
  [
    'the deadline',
    broken,
    DEADLINE,
    'ModelStreamError',
    {
      Message:
        'Your model predict did not complete sending the inference response in the allotted time.',
      ErrorCode: 'ModelInvocationTimeExceeded',
    },
  ],
  [
    'a fault of ours',
    new TypeError('no'),
    0,
    'InternalStreamFailure',
    { Message: 'The response stream failed for an internal reason.' },
  ],
])('ends with an exception frame after %s', async (_, error, now, type, body) => {
  const { frames, reasons } = await framesOf(['one'], error, now);

  expect(frames).toHaveLength(2);
  expect(frames[1]?.headers).toEqual({
    ':message-type': 'exception',
    ':exception-type': type,
    ':content-type': 'application/json',
  });
  expect(JSON.parse(frames[1]?.body ?? '')).toEqual(body);
  expect(reasons).toEqual([error]);
});
