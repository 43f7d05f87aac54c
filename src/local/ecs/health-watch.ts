import type { Clock } from '../../aws/clock.ts';
import type { HealthCheck } from './task-definition.ts';
import type { Timers } from './timers.ts';

/** A failed check that took this long was waiting for something: the next one may follow at once. */
const PATIENT_CHECK_MS = 1000;
const FIRST_PAUSE_MS = 100;
const PAUSE_GROWTH = 1.5;

/**
 * Repeats a container's health check and tells each change. `interval`, `retries` and `startPeriod` mean
 * what they mean in ECS, with one deliberate difference: the first check runs at once, and until a
 * container has been healthy for the first time within its start period, a failed check is repeated
 * at once when it lasted a second, else after a short pause that grows up to `interval`. The real
 * agent's steps of whole intervals would only make everybody on a laptop wait.
 *
 * @returns a function that ends the watch.
 */
export function watchHealth(options: {
  healthCheck: HealthCheck;
  /** One run of the check; true when it passed. Must not reject. */
  check: () => Promise<boolean>;
  onChange: (status: 'HEALTHY' | 'UNHEALTHY') => void;
  clock: Clock;
  timers: Timers;
}): () => void {
  const { healthCheck, check, onChange, clock, timers } = options;
  const intervalMs = healthCheck.interval * 1000;
  const startPeriodEnds = clock.now() + (healthCheck.startPeriod ?? 0) * 1000;
  let status: 'HEALTHY' | 'UNHEALTHY' | undefined;
  let wasHealthy = false;
  let failures = 0;
  let pauseMs = FIRST_PAUSE_MS;
  let ended = false;
  let cancel = (): void => undefined;

  const report = (next: 'HEALTHY' | 'UNHEALTHY'): void => {
    if (status === next) return;
    status = next;
    onChange(next);
  };

  const pauseAfterEarlyFailure = (lastedMs: number): number => {
    if (lastedMs >= PATIENT_CHECK_MS) return 0;
    const pause = Math.min(pauseMs, intervalMs);
    pauseMs *= PAUSE_GROWTH;
    return pause;
  };

  const run = async (): Promise<void> => {
    const began = clock.now();
    const passed = await check();
    if (ended) return;
    const starting = !wasHealthy && began < startPeriodEnds;
    let pause = intervalMs;
    if (passed) {
      wasHealthy = true;
      failures = 0;
      report('HEALTHY');
    } else if (starting) {
      pause = pauseAfterEarlyFailure(clock.now() - began);
    } else {
      failures += 1;
      if (failures >= healthCheck.retries) report('UNHEALTHY');
    }
    if (!ended) cancel = timers.after(pause, run);
  };

  void run();
  return () => {
    ended = true;
    cancel();
  };
}
