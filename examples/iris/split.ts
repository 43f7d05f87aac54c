/**
 * Holds out the same share of every class, chosen by `seed`; the rest is for training.
 * Both parts keep the order of `items`.
 */
export function splitByClass<T>(
  items: readonly T[],
  classOf: (item: T) => string,
  share: number,
  seed: number,
): { training: T[]; heldOut: T[] } {
  const random = randomNumbers(seed);
  const held = new Set<T>();
  for (const members of Map.groupBy(items, classOf).values()) {
    const shuffled = members.map((item) => ({ item, at: random() })).sort((a, b) => a.at - b.at);
    const count = Math.round(members.length * share);
    for (const { item } of shuffled.slice(0, count)) held.add(item);
  }
  return {
    training: items.filter((item) => !held.has(item)),
    heldOut: items.filter((item) => held.has(item)),
  };
}

/** Mulberry32: a seeded generator of numbers in [0, 1). Math.random cannot be seeded. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
