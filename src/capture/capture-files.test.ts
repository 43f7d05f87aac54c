import { beforeEach, expect, it } from 'vitest';
import { CaptureFiles, type Settled } from './capture-files.ts';
import { ownBytes } from './captured-invocation.ts';

const SETTINGS = {
  bucket: 'b',
  prefix: 'p/',
  samplingPercentage: 100,
  input: true,
  output: true,
  stages: false,
  csvContentTypes: [],
  jsonContentTypes: [],
};
const START = Date.UTC(2026, 10, 28, 7, 59, 50);

/** Sleepers wake when the test lets the time pass. */
class VirtualTime {
  #now = 0;
  readonly #sleepers = new Set<{ at: number; wake: () => void }>();

  now = (): number => this.#now;

  sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const sleeper = { at: this.#now + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', () => resolve());
      if (signal.aborted) resolve();
    });

  async pass(ms: number): Promise<void> {
    for (const end = this.#now + ms; this.#now < end; ) {
      this.#now = Math.min(end, this.#now + 100);
      for (const sleeper of this.#sleepers) {
        if (sleeper.at > this.#now) continue;
        this.#sleepers.delete(sleeper);
        sleeper.wake();
      }
      await new Promise(setImmediate);
    }
  }
}

let time: VirtualTime;
let objects: { key: string; ids: string[] }[];
let settled: Settled[];
let problems: (string | undefined)[];
let isDown: boolean;
let isHanging: boolean;
let files: CaptureFiles;
let ids = 0;

beforeEach(() => {
  time = new VirtualTime();
  [objects, settled, problems] = [[], [], []];
  [isDown, isHanging] = [false, false];
  files = new CaptureFiles({
    settings: SETTINGS,
    place: { prefix: 'p/', endpoint: 'abalone', variant: 'AllTraffic' },
    time,
    newId: () => `id${++ids}`,
    put: async (key, body, signal) => {
      if (isHanging) await new Promise((_, reject) => signal.addEventListener('abort', reject));
      if (isDown) throw new Error('S3 is down');
      const lines = body.toString().trimEnd().split('\n');
      objects.push({ key, ids: lines.map((line) => JSON.parse(line).eventMetadata.eventId) });
    },
    settled: (one) => settled.push(one),
    report: (problem) => problems.push(problem),
  });
});

const add = (eventId: string, at = START, bytes = 10) =>
  files.add({
    eventId,
    inferenceId: undefined,
    time: at,
    size: bytes,
    input: { contentType: 'a/b', bytes: ownBytes(Buffer.alloc(bytes)) },
  });

it('writes the first invocation soon, under the hour it began in', async () => {
  add('1');
  await time.pass(1_000);
  add('2');
  await time.pass(1_500);

  expect(objects).toEqual([
    {
      key: expect.stringMatching(
        /^p\/abalone\/AllTraffic\/2026\/11\/28\/07\/59-50-000-id\d+\.jsonl$/,
      ),
      ids: ['1', '2'],
    },
  ]);
});

it('writes one file every half minute under load', async () => {
  for (let second = 0; second < 90; second++) {
    add(String(second));
    await time.pass(1_000);
  }

  expect(objects.length).toBeGreaterThanOrEqual(3);
  expect(objects.length).toBeLessThanOrEqual(4);
});

it('begins a file with every hour, and when one is full', async () => {
  add('before');
  add('after', START + 15_000);
  add('large', START + 15_000, 5_000_000);
  add('next', START + 15_000);
  await time.pass(40_000);

  expect(objects.map((one) => one.ids)).toEqual([['before'], ['after', 'large'], ['next']]);
  expect(objects.map(({ key }) => key.split('/')[6])).toEqual(['07', '08', '08']);
});

it('writes a file at once that becomes full while it waits', async () => {
  add('1');
  await time.pass(3_000);
  add('2');
  await time.pass(100);
  add('large', START, 5_000_000);
  await time.pass(100);

  expect(objects.map((one) => one.ids)).toEqual([['1'], ['2', 'large']]);
});

it('tries again while S3 is down, says so once, and loses nothing', async () => {
  isDown = true;
  add('1');
  await time.pass(60_000);
  isDown = false;
  await time.pass(40_000);

  expect(objects.map((one) => one.ids)).toEqual([['1']]);
  expect(problems).toEqual(['Error: S3 is down', undefined]);
  expect(settled.map(({ isLost }) => isLost)).toEqual([false]);
});

it('gives a file up after minutes, and counts what was in it', async () => {
  isDown = true;
  add('1');
  add('2');
  await time.pass(400_000);
  isDown = false;
  add('3');
  await time.pass(40_000);

  expect(objects.map((one) => one.ids)).toEqual([['3']]);
  expect(settled.map(({ invocations, isLost }) => [invocations, isLost])).toEqual([
    [2, true],
    [1, false],
  ]);
});

it('writes what there is at the end, also in the middle of a wait', async () => {
  isDown = true;
  add('1');
  await time.pass(50_000);
  add('2');
  isDown = false;

  await files.end(15_000);

  expect(objects.map((one) => one.ids)).toEqual([['1'], ['2']]);
});

it('ends within its time while S3 is down, and counts what is lost', async () => {
  isDown = true;
  add('1');
  await time.pass(10_000);
  const end = files.end(5_000);
  await time.pass(6_000);

  await end;

  expect(settled.map(({ isLost }) => isLost)).toEqual([true]);
});

it('ends within its time while S3 hangs, however many files there are', async () => {
  isHanging = true;
  for (let hour = 0; hour < 5; hour++) add(String(hour), START + hour * 3_600_000);
  await time.pass(10_000);
  const end = files.end(5_000);
  await time.pass(5_500);

  await end;

  expect(settled.map(({ invocations, isLost }) => [invocations, isLost])).toEqual(
    Array.from({ length: 5 }, () => [1, true]),
  );
});
