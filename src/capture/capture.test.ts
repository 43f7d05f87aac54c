import { createServer } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Capture } from './capture.ts';
import { ownBytes } from './captured-invocation.ts';

let print: Record<string, unknown>[];
let s3: ReturnType<typeof createServer>;

/** S3 takes every connection, and never answers. */
beforeEach(async () => {
  print = [];
  s3 = createServer();
  await new Promise<void>((resolve) => s3.listen(0, '127.0.0.1', resolve));
  const { port } = s3.address() as { port: number };
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
});

afterEach(() => {
  s3.close();
});

function startCapture(
  script = new URL('../router/main.ts', import.meta.url),
  { samplingPercentage = 100, random }: { samplingPercentage?: number; random?: () => number } = {},
): Capture {
  return new Capture({
    settings: {
      bucket: 'b',
      prefix: '',
      samplingPercentage,
      input: true,
      output: true,
      stages: false,
      csvContentTypes: [],
      jsonContentTypes: [],
    },
    place: { prefix: '', endpoint: 'abalone', variant: 'AllTraffic' },
    region: 'eu-west-1',
    random,
    script,
    print: (line) => print.push(JSON.parse(line)),
  });
}

const MB = 1024 * 1024;

/** @returns false when there is no memory for it */
function hold(capture: Capture, bytes: number): boolean {
  if (!capture.hold(bytes)) return false;
  const input = { contentType: 'a/b', bytes: ownBytes(Buffer.alloc(bytes)) };
  const invocation = { eventId: 'e', inferenceId: undefined, time: Date.now(), size: bytes, input };
  capture.take(invocation);
  return true;
}

const lostOf = (capture: Capture) =>
  Number(/^headrace_capture_lost_total (\d+)$/m.exec(capture.metrics().join('\n'))?.[1]);

it('ends in time while S3 hangs, and counts what it held as lost', async () => {
  const capture = startCapture();
  for (let n = 0; n < 20; n++) hold(capture, MB);

  await capture.close(10);

  expect(lostOf(capture)).toBe(20);
  expect(print.filter(({ event }) => event === 'capture-lost')).toEqual([
    { event: 'capture-lost', invocations: 20, reason: expect.any(String) },
  ]);
});

it('goes on without a capture when its thread has died', async () => {
  const capture = startCapture(new URL('file:///there/is/no/such/file.ts'));
  hold(capture, 1);
  await expect.poll(() => lostOf(capture)).toBe(1);

  expect(hold(capture, 1)).toBe(false);
  capture.missed();

  expect(lostOf(capture)).toBe(2);
  await capture.close(10);
});

it('holds 32 MiB, and no more until S3 has taken some', async () => {
  const capture = startCapture();

  const held = Array.from({ length: 40 }, () => hold(capture, MB));

  expect(held.filter(Boolean)).toHaveLength(32);
  await capture.close(10);
});

it('samples as often as the percentage says', () => {
  let next = 0;
  const numbers = [0, 0.1, 0.2, 0.25, 0.3, 0.999];
  const capture = startCapture(undefined, {
    samplingPercentage: 25,
    random: () => numbers[next++]!,
  });

  expect(numbers.map(() => capture.samples())).toEqual([true, true, true, false, false, false]);
});
