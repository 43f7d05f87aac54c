import type { EndpointRecord, Swap, Update } from './endpoint-record.ts';

/** The record lies on every invocation's way: it stays small. */
const MOST_KEPT = 10;

/** The endpoint's latest updates, with this one, which ends now. */
export function swapsWith(
  { swaps = [] }: EndpointRecord,
  { startedAt, endpointConfigName }: Update,
  outcome: Swap['outcome'],
  now: number,
): Swap[] {
  const ended: Swap = { startedAt, endedAt: now, endpointConfigName, outcome };
  return [...swaps, ended].slice(-MOST_KEPT);
}

/** What the record knows of its updates, as moments in order. */
export function swapMoments({
  swaps = [],
  update,
}: EndpointRecord): { at: number; what: string }[] {
  const ended = swaps.flatMap(({ startedAt, endedAt, endpointConfigName, outcome }) => [
    { at: startedAt, what: `update to ${endpointConfigName}` },
    { at: endedAt, what: `${endpointConfigName} ${outcome}` },
  ]);
  if (update === undefined) return ended;
  return [...ended, { at: update.startedAt, what: `update to ${update.endpointConfigName}` }];
}
