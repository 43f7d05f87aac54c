/** How long one stage took, in milliseconds. */
export interface Hop {
  readonly stage: string;
  readonly ms: number;
}

/**
 * The Server-Timing value of an answer: every stage that ran, in order, then the router's own share,
 * e.g. `container-1;dur=1.23, container-2;dur=0.80, router;dur=0.31`.
 * @param totalMs from the request being there as a whole to its answer.
 */
export function serverTiming(hops: readonly Hop[], totalMs: number): string {
  const inStages = hops.reduce((sum, hop) => sum + hop.ms, 0);
  const own: Hop = { stage: 'router', ms: Math.max(0, totalMs - inStages) };
  return [...hops, own].map(({ stage, ms }) => `${stage};dur=${ms.toFixed(2)}`).join(', ');
}
