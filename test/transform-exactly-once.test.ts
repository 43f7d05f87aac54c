import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Superseded } from '../src/batch/object-failure.ts';
import { type BatchWorld, startBatchWorld } from './support/batch-world.ts';
import { type Fault, faultAt, IS_LONG, SAMPLED_FAULTS } from './support/faults.ts';
import type { AroundCall } from './support/simulated-plane.ts';

/** Far more calls than one run makes; the test says so when it is not. */
const MOST_CALLS = 200;
/** Every n-th call is tried. */
const STRIDE = IS_LONG ? 1 : 9;
const PATIENCE = { timeout: IS_LONG ? 300_000 : 90_000 };

/** Holds the `at`-th call back until it is released: a worker that is taken for dead, and lives. */
function holdAt(at: number): { around: AroundCall; held: Promise<void>; release: () => void } {
  let calls = 0;
  const { promise: gate, resolve: release } = Promise.withResolvers<void>();
  const { promise: held, resolve: hold } = Promise.withResolvers<void>();
  const around: AroundCall = async (send) => {
    calls += 1;
    if (calls === at) {
      hold();
      await gate;
    }
    return send();
  };
  return { around, held, release };
}

const LINES = ['a', 'b', 'c'];
/** The answers to these are long enough that the output takes two parts. */
const LONG_LINES = ['L1', 'L2', 'L3', 'L4'];
const FILLING = 'x'.repeat(2_800_000);
const EXPECTED: Record<string, string[]> = {
  'large.csv': LONG_LINES,
  'small.csv': LINES,
  'empty.csv': [],
};

let world: BatchWorld;
let answers = 0;
let breaksAt: string | undefined;

beforeAll(async () => {
  // Each answer is new, so that a record that was answered twice can be told from one that was not.
  world = await startBatchWorld((payload) => {
    if (payload === breaksAt) return { status: 0, body: 'the connection broke' };
    const lines = payload.split('\n').map((line) => {
      answers += 1;
      return `${line}:${answers}:${line.startsWith('L') ? FILLING : ''}`;
    });
    return { body: lines.join('\n') };
  });
  for (const [key, lines] of Object.entries(EXPECTED)) {
    await world.put(`in/${key}`, Buffer.from(lines.join('\n')));
  }
});

afterAll(() => world.close());

/** Record by record, or each object streamed whole. */
const WAYS = {
  cut: {},
  streamed: { maxPayloadInMB: 0, strategy: 'MultiRecord' },
} as const;
type Way = keyof typeof WAYS;
const WAY_NAMES = Object.keys(WAYS) as Way[];

function configOf(generation: string, way: Way = 'cut') {
  const output = { bucket: 'data', prefix: `${generation}/` };
  return world.config({ generation, output, ...WAYS[way] });
}

/** Every output that is there is whole: each record once, in order. */
function expectWhole(outputs: Record<string, string>, prefix: string): void {
  for (const [key, text] of Object.entries(outputs)) {
    const lines = EXPECTED[key.slice(prefix.length, -'.out'.length)];
    const found = text
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(':')[0]);
    expect(found).toEqual(lines);
  }
}

function expectAll(outputs: Record<string, string>, prefix: string): void {
  const keys = Object.keys(EXPECTED).map((key) => `${prefix}${key}.out`);
  expect(Object.keys(outputs).sort()).toEqual(keys.sort());
  expectWhole(outputs, prefix);
}

/** Looks at the outputs all the while, as somebody who lists the bucket would. */
async function watched<T>(prefix: string, run: () => Promise<T>): Promise<T> {
  let isOver = false;
  const watching = (async () => {
    while (!isOver) expectWhole(await world.read(prefix), prefix);
  })();
  try {
    return await run();
  } finally {
    isOver = true;
    await watching;
  }
}

describe.each<Fault>(SAMPLED_FAULTS)('a worker at every call, %s', (fault) => {
  it.each(WAY_NAMES)(
    'and the next one: every output whole, and once: %s',
    PATIENCE,
    async (way) => {
      for (let at = 1; ; at += STRIDE) {
        const generation = `${way}-${fault.replace(' ', '-')}-${at}`;
        const prefix = `${generation}/`;
        const { around, calls } = faultAt(at, fault);

        const first = await world
          .work(configOf(generation, way), around)
          .catch((error: unknown) => error);
        const seen = await world.read(prefix);
        expectWhole(seen, prefix);
        if (first instanceof Error)
          await watched(prefix, () => world.work(configOf(generation, way)));

        const outputs = await world.read(prefix);
        expectAll(outputs, prefix);
        // What was there already was not written again.
        expect(outputs).toMatchObject(seen);
        if (calls() < at) break;
        expect(at).toBeLessThan(MOST_CALLS);
      }
    },
  );
});

it.each(WAY_NAMES)(
  'a worker that is taken for dead at any call, and lives: %s',
  PATIENCE,
  async (way) => {
    for (let at = 1; ; at += STRIDE) {
      const generation = `zombie-${way}-${at}`;
      const prefix = `${generation}/`;
      const { around, held, release } = holdAt(at);
      const zombie = world.work(configOf(generation, way), around).catch((error: unknown) => error);
      const first = await Promise.race([zombie, held]);
      if (first !== undefined) break;

      await world.work(configOf(generation, way)).catch((error: unknown) => {
        // At the very first calls both begin at once, and one of them gives way.
        if (!(error instanceof Superseded)) throw error;
      });
      const before = await world.read(prefix);
      release();
      const end = await zombie;

      const after = await world.read(prefix);
      expectAll(after, prefix);
      expect(after).toMatchObject(before);
      if (end instanceof Error) expect(end).toBeInstanceOf(Superseded);
      expect(at).toBeLessThan(MOST_CALLS);
    }
  },
);

it('a large object goes on from its last finished part', async () => {
  const lines = ['L1', 'L2', 'L3', 'L4', 'L5', 'L6', 'L7'];
  await world.put('long/large.csv', Buffer.from(lines.join('\n')));
  const source = { kind: 'prefix' as const, bucket: 'data', prefix: 'long/' };
  const config = { ...configOf('resume'), source, onRecordError: 'Continue' as const };

  // Three lines make a part, and the second part waits for the first: by the seventh line it is safe.
  breaksAt = 'L7';
  await expect(world.work(config)).rejects.toThrow('gave no answer');
  breaksAt = undefined;
  const before = answers;
  await world.work(config);

  expect(answers - before).toBe(4);
  const [text = ''] = Object.values(await world.read('resume/'));
  expect(text.split('\n').map((line) => line.split(':')[0])).toEqual([...lines, '']);
});
