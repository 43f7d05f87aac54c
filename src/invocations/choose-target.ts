import type { Route, RouteVariant, Target } from '../endpoints/route.ts';

/**
 * The fleet that `position` (0 ≤ position < 1) falls to, by weight; undefined when none weighs. One that has no
 * healthy task leaves its traffic to those that have.
 */
export function chooseVariant({ variants }: Route, position: number): RouteVariant | undefined {
  return (
    choose(variants, ({ weight, targets }) => (targets.length > 0 ? weight : 0), position) ??
    choose(variants, ({ weight }) => weight, position)
  );
}

/** The same among the fleets of one variant: while an update moves traffic it has two. */
export function chooseNamed(
  { variants }: Route,
  name: string,
  position: number,
): RouteVariant | undefined {
  const named = variants.filter((variant) => variant.name === name);
  return choose(named, ({ share }) => share, position);
}

function choose(
  variants: RouteVariant[],
  partOf: (variant: RouteVariant) => number,
  position: number,
): RouteVariant | undefined {
  const total = variants.reduce((sum, variant) => sum + partOf(variant), 0);
  let rest = position * total;
  for (const variant of variants) {
    if (rest < partOf(variant)) return variant;
    rest -= partOf(variant);
  }
  // Rounding may leave a crumb past the last one.
  return variants.findLast((variant) => partOf(variant) > 0);
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
