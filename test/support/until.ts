import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 25_000;
const POLL_MS = 50;

/** Asks until the answer is not undefined. @throws after 25 s, or `patienceMs`, with `what` was waited for */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`Not within ${patienceMs / 1000} s: ${what}`);
    await sleep(POLL_MS);
  }
}
