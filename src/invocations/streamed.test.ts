import { PassThrough } from 'node:stream';
import { beforeAll, expect, it } from 'vitest';
import { provideStreaming } from '../local/lambda.ts';
import type { GatewayEvent } from '../protocol/gateway-event.ts';
import type { InvokeResult } from './invoke-result.ts';
import { streamed } from './streamed.ts';

beforeAll(provideStreaming);

/** Runs the function on a stream as the Lambda runtime gives it one. */
function run(body: InvokeResult['body']) {
  const headers = { 'Content-Type': 'text/csv' };
  const handler = streamed(async () => ({ statusCode: 200, headers, body }));
  const stream = Object.assign(new PassThrough({ highWaterMark: 16 }), {
    setContentType: () => undefined,
  });
  return { stream, running: Promise.resolve(handler({} as GatewayEvent, stream, {} as never)) };
}

async function* two(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('one');
  yield Buffer.from(' two');
}

async function* none(): AsyncGenerator<Uint8Array> {}

it.each<[string, InvokeResult['body'], string]>([
  ['a whole body, which may be any bytes', Buffer.from([0, 255, 128]), '\x00\xff\x80'],
  ['an empty one', Buffer.alloc(0), ''],
  ['one that comes in pieces', two(), 'one two'],
  ['one of no pieces', none(), ''],
])('writes status and headers, eight zero bytes, and %s', async (_, body, expected) => {
  const { stream, running } = run(body);

  const written = Buffer.concat(await stream.toArray()).toString('latin1');
  await running;

  const prelude = JSON.stringify({ statusCode: 200, headers: { 'Content-Type': 'text/csv' } });
  expect(written).toBe(`${prelude}${'\0'.repeat(8)}${expected}`);
});

it.each<[string, () => InvokeResult['body']]>([
  ['a whole body', () => Buffer.alloc(1_000_000)],
  ['one that comes in pieces', two],
])('ends when nobody takes %s any more', async (_, body) => {
  const { stream, running } = run(body());

  stream.destroy(new Error('the caller left'));

  await expect(running).rejects.toThrow('the caller left');
});
