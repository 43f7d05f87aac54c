import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';

const ANSWER_MS = 2_000;
const PAUSE_MS = 50;

/**
 * Waits until the router of this task, and with it every stage, is healthy.
 * @throws Error with what the router said last, when it is not within `patienceMs`
 */
export async function awaitRouter(
  port: number,
  patienceMs: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  let said = 'the router did not answer';
  while (performance.now() < deadline) {
    signal.throwIfAborted();
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
      const { statusCode, body } = await request(`http://127.0.0.1:${port}/ping`, {
        signal: limit,
      });
      said = await body.text();
      if (statusCode === 200) return;
    } catch (error) {
      said = error instanceof Error ? error.message : String(error);
    }
    await sleep(PAUSE_MS, undefined, { signal });
  }
  throw new Error(said);
}
