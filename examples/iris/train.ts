import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Flower, readFlowers, species } from './flowers.ts';
import { packModel } from './model-archive.ts';
import { classify, fitScaling, fitWeights, type Scaling, type Weights } from './regression.ts';
import { splitByClass } from './split.ts';

const heldOutShare = 0.4;
const seed = 1;
const otherSeeds = Array.from({ length: 20 }, (_, i) => i + 2);

export type Training = {
  /** model.tar.gz per stage. The stage explain needs none. */
  artefacts: { featurise: Buffer; predict: Buffer };
  /** Flowers that training never saw. */
  heldOut: Flower[];
  trainingCount: number;
  /** Flowers dropped because the set holds them twice. */
  duplicates: number;
  /** Share of `heldOut` that the model names rightly. */
  accuracy: number;
  /** Share of `heldOut` that is right when always saying the commonest species. */
  baseline: number;
  /** confusion[true species][predicted species], both in the order of `species`, counts of `heldOut`. */
  confusion: number[][];
};

/** Trains the pipeline; the same bytes and figures on every run. */
export async function train(): Promise<Training> {
  const { flowers, duplicates } = readFlowers();
  const { training, heldOut } = split(flowers, seed);
  const { scaling, weights } = learn(training);
  const confusion = species.map((truth) =>
    species.map(
      (guess) =>
        heldOut.filter(
          (flower) =>
            flower.species === truth && classify(scaling, weights, flower.measured) === guess,
        ).length,
    ),
  );
  const perSpecies = species.map((name) => heldOut.filter((f) => f.species === name).length);
  return {
    artefacts: {
      featurise: await packModel('featurise.json', scaling),
      predict: await packModel('predict.json', weights),
    },
    heldOut,
    trainingCount: training.length,
    duplicates,
    accuracy: accuracyOf(scaling, weights, heldOut),
    baseline: Math.max(...perSpecies) / heldOut.length,
    confusion,
  };
}

/** One CSV line per flower as the first stage takes it: centimetres in the order of `features`, no header. */
export function toCsv(flowers: readonly Flower[]): string {
  return flowers.map((flower) => flower.measured.join()).join('\n');
}

/** Accuracy on held-out flowers for splits other than the one shipped: how far one figure may be luck. */
export function accuracyOfOtherSplits(): number[] {
  const { flowers } = readFlowers();
  return otherSeeds.map((other) => {
    const { training, heldOut } = split(flowers, other);
    const { scaling, weights } = learn(training);
    return accuracyOf(scaling, weights, heldOut);
  });
}

function split(flowers: readonly Flower[], by: number) {
  return splitByClass(flowers, (flower) => flower.species, heldOutShare, by);
}

/** The scaling too is learnt from the training flowers alone. */
function learn(training: readonly Flower[]): { scaling: Scaling; weights: Weights } {
  const scaling = fitScaling(training);
  return { scaling, weights: fitWeights(scaling, training) };
}

function accuracyOf(scaling: Scaling, weights: Weights, flowers: readonly Flower[]): number {
  const right = flowers.filter((f) => classify(scaling, weights, f.measured) === f.species);
  return right.length / flowers.length;
}

function report(training: Training, others: number[]): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const mean = others.reduce((sum, value) => sum + value, 0) / others.length;
  const line = (head: string, cells: readonly (string | number)[]) =>
    `  ${head.padEnd(12)}${cells.map((cell) => String(cell).padStart(12)).join('')}`;
  return [
    `Fisher's irises: ${training.trainingCount} to train on, ${training.heldOut.length} held out, ` +
      `${training.duplicates} dropped as a duplicate, none with missing values.`,
    `Held-out accuracy ${percent(training.accuracy)}; always saying the commonest species ${percent(training.baseline)}.`,
    "For scale: a linear SVM on another 90/60 split reaches 96 % (scikit-learn's user guide, cross-validation).",
    `One flower is ${percent(1 / training.heldOut.length)}. Over ${others.length} other splits: mean ${percent(mean)}, ${percent(Math.min(...others))} to ${percent(Math.max(...others))}.`,
    '',
    line('is \\ called', species),
    ...species.map((name, s) => line(name, training.confusion[s] ?? [])),
  ].join('\n');
}

/** Writes what a person needs to go on by hand: the two archives, and the held-out flowers as CSV. */
async function write(training: Training, folder: string): Promise<void> {
  for (const [stage, archive] of Object.entries(training.artefacts)) {
    await mkdir(join(folder, stage), { recursive: true });
    await writeFile(join(folder, stage, 'model.tar.gz'), archive);
  }
  await writeFile(join(folder, 'held-out.csv'), toCsv(training.heldOut));
}

if (import.meta.main) {
  const folder = join(import.meta.dirname, 'dist');
  const training = await train();
  await write(training, folder);
  console.log(report(training, accuracyOfOtherSplits()));
  console.log(`\nWrote featurise/model.tar.gz, predict/model.tar.gz and held-out.csv to ${folder}`);
}
