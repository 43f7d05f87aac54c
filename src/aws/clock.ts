/** Where the time comes from: milliseconds since the Unix epoch. Injected, so that tests own it. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
