/** One row of the table: so many stages, requests at a time, bytes. */
export interface Case {
  readonly stages: number;
  readonly inFlight: number;
  readonly bytes: number;
}

export interface Plan {
  readonly rounds: number;
  /** How long each rival is loaded in each round. */
  readonly milliseconds: number;
  readonly cases: readonly Case[];
  /** Requests a second of the open loop, by size of the body; none: the open loop is left out. */
  readonly rates: readonly { readonly bytes: number; readonly rate: number }[];
}

const KB = 1_024;
const MB = 1_048_576;

export const quickPlan: Plan = {
  rounds: 5,
  milliseconds: 700,
  cases: [
    { stages: 3, inFlight: 16, bytes: 200 },
    { stages: 3, inFlight: 16, bytes: 10 * KB },
    { stages: 3, inFlight: 16, bytes: MB },
    { stages: 3, inFlight: 4, bytes: 5 * MB },
  ],
  rates: [{ bytes: 10 * KB, rate: 400 }],
};

/** A good quarter of an hour; `--stages 1`, 3 or 5 runs a part of it. */
export const fullPlan: Plan = {
  rounds: 5,
  milliseconds: 1_000,
  cases: [1, 3, 5].flatMap((stages) =>
    [1, 16, 64].flatMap((inFlight) =>
      [200, 10 * KB, MB, 5 * MB].map((bytes) => ({ stages, inFlight, bytes })),
    ),
  ),
  rates: [
    { bytes: 200, rate: 400 },
    { bytes: 10 * KB, rate: 400 },
  ],
};
