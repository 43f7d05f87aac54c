const EARLIEST_MS = 14 * 86_400_000;
const LATEST_MS = 2 * 3_600_000;

/** Whether CloudWatch takes a value of that time: within the last two weeks, and at most two hours ahead. */
export function isTaken(at: number, now: number): boolean {
  return at >= now - EARLIEST_MS && at <= now + LATEST_MS;
}
