import type { Route, RouteVariant, Target } from '../endpoints/route.ts';

/** The variant that `position` (0 ≤ position < 1) falls to, by weight; undefined when none weighs. */
export function chooseVariant({ variants }: Route, position: number): RouteVariant | undefined {
  const total = variants.reduce((sum, { weight }) => sum + weight, 0);
  let rest = position * total;
  for (const variant of variants) {
    if (variant.weight <= 0) continue;
    if (rest < variant.weight) return variant;
    rest -= variant.weight;
  }
  // Rounding may leave a crumb past the last weight.
  return variants.findLast(({ weight }) => weight > 0);
}

/**
 * The variant's tasks in the order in which to try them: shuffled, and for
 * LEAST_OUTSTANDING_REQUESTS those first that have the fewest requests of ours under way.
 */
export function orderTargets(
  { targets, routing }: RouteVariant,
  outstanding: (address: string) => number,
  random: () => number,
): Target[] {
  const shuffled = targets
    .map((target) => ({ target, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ target }) => target);
  if (routing === 'RANDOM') return shuffled;
  return shuffled.sort((a, b) => outstanding(a.address) - outstanding(b.address));
}
