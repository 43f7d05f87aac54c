import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 25_000;
const POLL_MS = 50;

/** Asks until the answer is not undefined. @throws after 25 s, with `what` was waited for */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`Not within ${PATIENCE_MS / 1000} s: ${what}`);
    await sleep(POLL_MS);
  }
}
