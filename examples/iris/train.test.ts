import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { features, readFlowers, species } from './flowers.ts';
import { splitByClass } from './split.ts';
import { unpackModel } from './stage-process.ts';
import { accuracyOfOtherSplits, toCsv, train } from './train.ts';

test('the data set is Fisher’s: 150 irises, one of them twice', () => {
  const { flowers, duplicates } = readFlowers();

  expect(flowers).toHaveLength(149);
  expect(duplicates).toBe(1);
  // Rows 35 and 38 tell the published table from the copy with two slips in it.
  expect(flowers[34]?.measured).toEqual([4.9, 3.1, 1.5, 0.2]);
  expect(flowers[37]?.measured).toEqual([4.9, 3.6, 1.4, 0.1]);
});

test('two trainings give the same bytes and the same figures', async () => {
  const first = await train();
  const second = await train();

  expect(second).toEqual(first);
});

test('the model names 57 of 60 held-out flowers rightly, far above the baseline', async () => {
  const training = await train();

  expect(training.accuracy).toBe(57 / 60);
  expect(training.baseline).toBe(20 / 60);
  expect(training.confusion).toEqual([
    [20, 0, 0],
    [0, 19, 1],
    [0, 2, 18],
  ]);
});

test('the figure is no luck of one split', () => {
  const others = accuracyOfOtherSplits();

  const mean = others.reduce((sum, value) => sum + value, 0) / others.length;
  expect(mean).toBeGreaterThan(0.94);
  expect(Math.min(...others)).toBeGreaterThanOrEqual(0.9);
});

test('the split holds out the same share of each species, and another seed holds out others', () => {
  const { flowers } = readFlowers();

  const one = splitByClass(flowers, (flower) => flower.species, 0.4, 1);
  const two = splitByClass(flowers, (flower) => flower.species, 0.4, 2);

  expect(species.map((name) => one.heldOut.filter((f) => f.species === name).length)).toEqual([
    20, 20, 20,
  ]);
  expect(new Set([...one.training, ...one.heldOut])).toEqual(new Set(flowers));
  expect(two.heldOut).not.toEqual(one.heldOut);
});

test('the archives hold what the stages read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'iris-'));
  const read = async (file: string) => JSON.parse(await readFile(join(folder, file), 'utf8'));
  try {
    const { artefacts } = await train();

    await unpackModel(artefacts.featurise, folder);
    await unpackModel(artefacts.predict, folder);

    expect(await read('featurise.json')).toMatchObject({ features });
    expect(await read('predict.json')).toMatchObject({ features, species });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('held-out flowers as CSV are one line each', async () => {
  const { heldOut } = await train();

  const lines = toCsv(heldOut).split('\n');

  expect(lines).toHaveLength(60);
  expect(lines[0]).toBe('4.9,3,1.4,0.2');
});
