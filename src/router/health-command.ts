import { request } from 'node:http';

const GIVE_UP_MS = 4_000;
const RETRY_MS = 40;

/** What `./serve health` found: whether the task is healthy, and what the router said last. */
export interface HealthCheck {
  readonly healthy: boolean;
  readonly said: string;
}

/**
 * Asks the router of this task for its health. It asks again until four seconds are over, so that a
 * check that ECS starts early sees the task become healthy at once, not an interval later.
 */
export async function checkHealth(port: number, giveUpMs = GIVE_UP_MS): Promise<HealthCheck> {
  const end = performance.now() + giveUpMs;
  let before: HealthCheck | undefined;
  for (;;) {
    const timeUp = AbortSignal.timeout(Math.max(1, Math.ceil(end - performance.now())));
    const answer = await ping(port, timeUp);
    if (answer.healthy) return answer;
    // That the time is up tells nobody what the task waits for: what the router said before does.
    if (timeUp.aborted) return before ?? answer;
    if (performance.now() + RETRY_MS >= end) return answer;
    before = answer;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

function ping(port: number, signal: AbortSignal): Promise<HealthCheck> {
  return new Promise((resolve) => {
    const asked = request(
      { host: '127.0.0.1', port, path: '/ping', agent: false, signal },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          body += text;
        });
        response.on('error', failed);
        response.on('end', () => resolve({ healthy: response.statusCode === 200, said: body }));
      },
    );
    const failed = (error: Error): void => {
      resolve({
        healthy: false,
        said: `The router on port ${port} gave no answer: ${error.message}`,
      });
    };
    asked.on('error', failed);
    asked.end();
  });
}
