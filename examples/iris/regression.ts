import { type Flower, features, type Species, species } from './flowers.ts';

/** featurise.json: what turns centimetres into standard deviations from the mean, in the order of `features`. */
export type Scaling = { features: readonly string[]; mean: number[]; deviation: number[] };

/** predict.json: the score of species s is bias[s] + Σ weights[s][f] · standardised[f]. */
export type Weights = {
  features: readonly string[];
  species: readonly Species[];
  weights: number[][];
  bias: number[];
};

const steps = 1000;
const stepLength = 1;
// Keeps the weights finite where classes separate completely, as setosa does. 1/90 is scikit-learn's default (C = 1)
// for 90 training rows; it was not tuned on the held-out flowers.
const penalty = 1 / 90;

export function fitScaling(flowers: readonly Flower[]): Scaling {
  const columns = features.map((_, f) => flowers.map((flower) => flower.measured[f] ?? 0));
  const mean = columns.map(average);
  const deviation = columns.map((column, f) =>
    Math.sqrt(average(column.map((value) => (value - (mean[f] ?? 0)) ** 2))),
  );
  return { features, mean: mean.map(round), deviation: deviation.map(round) };
}

export function standardise(scaling: Scaling, measured: readonly number[]): number[] {
  return measured.map((value, f) => (value - (scaling.mean[f] ?? 0)) / (scaling.deviation[f] ?? 1));
}

/**
 * Multinomial logistic regression: walks down the gradient of the mean cross-entropy, plus the penalty on the
 * weights. The problem is convex, so there is one best model; more steps change its fifth digit only.
 */
export function fitWeights(scaling: Scaling, flowers: readonly Flower[]): Weights {
  const rows = flowers.map((flower) => ({
    values: standardise(scaling, flower.measured),
    species: flower.species,
  }));
  let weights = species.map(() => features.map(() => 0));
  let bias = species.map(() => 0);
  for (let step = 0; step < steps; step++) {
    const errors = rows.map((row) =>
      probabilities(weights, bias, row.values).map(
        (p, s) => p - (species[s] === row.species ? 1 : 0),
      ),
    );
    const gradient = (s: number, f: number) =>
      average(rows.map((row, r) => (errors[r]?.[s] ?? 0) * (row.values[f] ?? 0)));
    weights = weights.map((line, s) =>
      line.map((weight, f) => weight - stepLength * (gradient(s, f) + penalty * weight)),
    );
    bias = bias.map((value, s) => value - stepLength * average(errors.map((e) => e[s] ?? 0)));
  }
  return {
    features,
    species,
    weights: weights.map((line) => line.map(round)),
    bias: bias.map(round),
  };
}

/** The likeliest species of a flower. */
export function classify(scaling: Scaling, model: Weights, measured: readonly number[]): Species {
  const p = probabilities(model.weights, model.bias, standardise(scaling, measured));
  const likeliest = model.species[p.indexOf(Math.max(...p))];
  if (likeliest === undefined) throw new Error(`no species for ${measured.join()}: not numbers?`);
  return likeliest;
}

function probabilities(weights: number[][], bias: number[], values: readonly number[]): number[] {
  const scores = weights.map((line, s) =>
    line.reduce((sum, weight, f) => sum + weight * (values[f] ?? 0), bias[s] ?? 0),
  );
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

function average(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Six decimals: the last digits of exp() may differ from machine to machine, the artefacts must not. */
function round(value: number): number {
  return Number(value.toFixed(6));
}
