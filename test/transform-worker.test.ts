import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type BatchWorld, startBatchWorld } from './support/batch-world.ts';
import { IS_LONG } from './support/faults.ts';
import type { AroundCall } from './support/simulated-plane.ts';

let world: BatchWorld;
let pipeline: (payload: string) => { status?: number; body: string };
let generation = 0;

beforeAll(async () => {
  world = await startBatchWorld((payload) => pipeline(payload));
});

beforeEach(() => {
  pipeline = (body) => ({ body });
  generation += 1;
  world.log.length = 0;
});

afterAll(() => world.close());

type Change = Parameters<BatchWorld['config']>[0];

/** A run over one object; what was written, and how it ended. */
async function run(body: string | Buffer, change: Partial<Change> = {}, around?: AroundCall) {
  const folder = `in-${generation}/`;
  await world.put(`${folder}x`, Buffer.from(body));
  const config = world.config({
    generation: `g${generation}`,
    source: { kind: 'prefix', bucket: 'data', prefix: folder },
    output: { bucket: 'data', prefix: `out-${generation}/` },
    ...change,
  });
  const summary = await world.work(config, around);
  const outputs = await world.read(`out-${generation}/`);
  return { summary, output: Object.values(outputs)[0] };
}

const MULTI = { strategy: 'MultiRecord' } as const;
const NAME = () => `s3://data/in-${generation}/x`;

it('asks again what may pass, and takes the answer', async () => {
  let calls = 0;
  pipeline = (body) => ({ status: ++calls < 3 ? 500 : 200, body });

  const { output } = await run('a\n', { maxRetries: 3 });

  expect(output).toBe('a\n');
  expect(calls).toBe(3);
});

it('does not ask again what was refused', async () => {
  let calls = 0;
  pipeline = () => {
    calls += 1;
    return { status: 400, body: 'no\nway' };
  };

  const { summary, output } = await run('a\n', { maxRetries: 3 });

  expect(summary).toMatchObject({
    failed: 1,
    failure: `${NAME()}: record 1 (bytes 0 to 1): stage router answered 400: "no\nway"`,
  });
  expect(output).toBeUndefined();
  expect(calls).toBe(1);
  const told = world.log.map((line) => line.replace(`data/in-${generation}/x: `, ''));
  expect(told.slice(1, 6)).toEqual([
    'Bad HTTP status received from algorithm: 400',
    '',
    'Message:',
    'no',
    'way',
  ]);
});

it('finds the record that fails among many, and keeps all the others when it may', async () => {
  pipeline = (body) => (body.includes('bad') ? { status: 422, body: 'bad' } : { body });
  const lines = Array.from({ length: 50 }, (_, at) => (at === 33 ? 'bad' : `line ${at}`));
  const text = lines.map((line) => `${line}\n`).join('');

  const { summary } = await run(text, MULTI);
  generation += 1;
  const { output = '' } = await run(text, { ...MULTI, onRecordError: 'Continue' });

  expect(summary.failure).toMatch(/: record 34 \(bytes \d+ to \d+\): stage router answered 422/);
  const written = output.split('\n');
  expect(JSON.parse(written[33] ?? '')).toMatchObject({ error: { record: 34, status: 422 } });
  expect(written.toSpliced(33, 1)).toEqual([...lines.toSpliced(33, 1), '']);
});

it('says so when the pipeline answers another number of records', async () => {
  pipeline = (body) => ({ body: body.replace('b\n', '') });

  const { summary, output } = await run('a\nb\nc\n', MULTI);

  expect(output).toBeUndefined();
  expect(summary.failure).toMatch(/answered 0 records for the 1|answered 2 records for the 3/);
});

it('fails a record that is over the limit, and says where it stands', async () => {
  const { summary } = await run(`a\n${'b'.repeat(1_100_000)}\n`);

  expect(summary.failure).toBe(
    `${NAME()}: record 2 (bytes 2 to 1100002): it is larger than MaxPayloadInMB, 1 MB`,
  );
});

it('fails what is not gzip, and what ends too early', async () => {
  const zipped = gzipSync('a\nb\n');

  const plain = await run('a\n', { compression: 'Gzip' });
  generation += 1;
  const short = await run(zipped.subarray(0, zipped.length - 9), { compression: 'Gzip' });

  for (const { summary, output } of [plain, short]) {
    expect(summary.failure).toMatch(/CompressionType is Gzip, but it cannot be decompressed/);
    expect(output).toBeUndefined();
  }
});

it('fails an object that is replaced while the job runs', async () => {
  let isListed = false;
  const around: AroundCall = async (send) => {
    const answer = await send();
    if (!isListed && JSON.stringify(answer, withoutCycles()).includes('"Contents"')) {
      isListed = true;
      await world.put(`in-${generation}/x`, Buffer.from('another\n'));
    }
    return answer;
  };

  const { summary } = await run('a\n', {}, around);

  expect(summary.failure).toBe(`${NAME()}: the object was replaced while it was read`);
});

it('opens a connection again that breaks in the middle, where it broke', async () => {
  const lines = Array.from({ length: 40_000 }, (_, at) => `line ${at}\n`).join('');
  let broken = 0;
  const around: AroundCall = async (send) => {
    const answer = await send();
    const stream = bodyOf(answer);
    if (stream !== undefined && broken < 3) {
      broken += 1;
      let seen = 0;
      stream.on('data', (chunk: Buffer) => {
        seen += chunk.length;
        if (seen > 100_000) stream.destroy(new Error('ECONNRESET'));
      });
      stream.pause();
    }
    return answer;
  };

  const { output } = await run(lines, MULTI, around);

  expect(broken).toBe(3);
  expect(output).toBe(lines);
});

it('does nothing twice when it is run again', async () => {
  let calls = 0;
  pipeline = (body) => {
    calls += 1;
    return { body };
  };

  await run('a\nb\n');
  const { summary, output } = await run('a\nb\n');

  expect(calls).toBe(2);
  expect(summary.failed).toBe(0);
  expect(output).toBe('a\nb\n');
});

it.runIf(IS_LONG)(
  'reads a listing of several pages, each object once, over three shares',
  { timeout: 120_000 },
  async () => {
    const keys = Array.from({ length: 1_100 }, (_, at) => `many/${String(at).padStart(4, '0')}`);
    for (const key of keys) await world.put(key, Buffer.from(`${key}\n`));
    for (const share of [0, 1, 2]) {
      await world.work(
        world.config({
          generation: 'many',
          shares: 3,
          share,
          source: { kind: 'prefix', bucket: 'data', prefix: 'many/' },
          output: { bucket: 'data', prefix: 'done/' },
        }),
      );
    }

    const first = await world.read('done/0');
    const last = await world.read('done/1');

    expect({ ...first, ...last }).toEqual(
      Object.fromEntries(keys.map((key) => [`done/${key.slice(5)}.out`, `${key}\n`])),
    );
  },
);

interface Stream {
  on(event: 'data', listener: (chunk: Buffer) => void): void;
  pause(): void;
  destroy(error: Error): void;
}

/** The body of a GetObject as the SDK's deserializer hands it on. */
function bodyOf(answer: unknown): Stream | undefined {
  const output = Reflect.get(answer as object, 'output') as { Body?: Stream } | undefined;
  return output?.Body;
}

function withoutCycles() {
  const seen = new WeakSet();
  return (_key: string, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if (seen.has(value)) return undefined;
    seen.add(value);
    return value;
  };
}
