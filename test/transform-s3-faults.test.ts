import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BatchWorld, startBatchWorld } from './support/batch-world.ts';
import { IS_LONG } from './support/faults.ts';
import { type FaultyS3, S3_FAULTS, type S3Fault, startFaultyS3 } from './support/faulty-s3.ts';

/** Each object is some 10 MB, and its output two parts. */
const LINES = 240_000;
const KEYS = ['a', 'b', 'c'];
const WAYS = {
  cut: { strategy: 'MultiRecord' },
  streamed: { strategy: 'MultiRecord', maxPayloadInMB: 0 },
  unzipped: { strategy: 'MultiRecord', compression: 'Gzip' },
} as const;
type Way = keyof typeof WAYS;

let world: BatchWorld;
let s3: FaultyS3;

const linesOf = (key: string) =>
  Array.from({ length: LINES }, (_, at) => `${key} ${at} ${'x'.repeat(34)}`);

beforeAll(async () => {
  world = await startBatchWorld((body) => ({ body }));
  s3 = await startFaultyS3(world.s3Url);
  for (const key of KEYS) {
    const text = linesOf(key).join('\n');
    await world.put(`in/${key}`, text);
    await world.put(`zipped/${key}`, gzipSync(text, { level: 1 }));
  }
});

afterEach(() => {
  s3.fault = () => undefined;
});

afterAll(async () => {
  s3.close();
  await world.close();
});

const work = (generation: string, way: Way) =>
  world.work(configOf(generation, way), undefined, s3.url);

function configOf(generation: string, way: Way) {
  const prefix = way === 'unzipped' ? 'zipped/' : 'in/';
  return world.config({
    generation,
    source: { kind: 'prefix', bucket: 'data', prefix },
    output: { bucket: 'data', prefix: `${generation}/` },
    ...WAYS[way],
  });
}

async function expectAll(generation: string): Promise<void> {
  const outputs = await world.read(`${generation}/`);
  expect(Object.keys(outputs)).toEqual(KEYS.map((key) => `${generation}/${key}.out`));
  for (const [at, text] of Object.values(outputs).entries()) {
    expect(text === `${linesOf(KEYS[at] ?? '').join('\n')}\n`).toBe(true);
  }
}

/** The requests that one run makes, each told apart from the next of its kind. */
const REQUESTS: [string, RegExp][] = [
  ['a listing', /^GET .*list-type/],
  ['a read', /^GET .*GetObject/],
  ['the begin of an upload', /^POST .*uploads/],
  ['a part', /^PUT .*partNumber/],
  ['a completion', /^POST .*uploadId/],
];

const FAULTS: S3Fault[] = IS_LONG ? S3_FAULTS : ['reset after', 'cut'];
const WAY_NAMES: Way[] = IS_LONG ? ['cut', 'streamed', 'unzipped'] : ['cut'];

describe.each<S3Fault>(FAULTS)('S3: %s', (fault) => {
  it.each<Way>(WAY_NAMES)(
    'at the first request of each kind, and all is there: %s',
    async (way) => {
      const generation = `${fault.replace(' ', '-')}-${way}`;
      const seen = new Set<string>();
      s3.fault = (method, path) => {
        const [kind] = REQUESTS.find(([, form]) => form.test(`${method} ${path}`)) ?? [];
        if (kind === undefined || seen.has(kind)) return undefined;
        seen.add(kind);
        return fault;
      };

      const summary = await work(generation, way);

      expect([...seen].sort()).toEqual(REQUESTS.map(([kind]) => kind).sort());
      expect(summary).toMatchObject({ failed: 0, objects: KEYS.length });
      await expectAll(generation);
      expect([...world.uploads]).toEqual([]);
    },
  );
});

it('an S3 that is gone ends the worker, and the next one goes on', async () => {
  let requests = 0;
  s3.fault = (method, path) => {
    if (/partNumber/.test(path) && method === 'PUT') requests += 1;
    return requests > 3 ? '503' : undefined;
  };

  const ended = work('outage', 'cut');
  await expect(ended).rejects.toMatchObject({ name: 'SlowDown' });
  s3.fault = () => undefined;
  const summary = await work('outage', 'cut');

  expect(summary.failed).toBe(0);
  await expectAll('outage');
});
