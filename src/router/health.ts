import type { Clock } from '../aws/clock.ts';
import type { Stage } from './config.ts';
import type { HealthReport } from './health-report.ts';
import type { StageClient } from './stage-client/index.ts';
import {
  afterPing,
  newStageHealth,
  nextPingMs,
  type PingPace,
  type StageHealth,
} from './stage-health.ts';

/** Watches the stages of this task. */
export interface Health {
  report(): HealthReport;
  /** Every stage answers its pings now. */
  healthy(): boolean;
  /** The first stage that never answered a ping yet: until there is none, no request may pass. */
  firstStarting(): HealthReport['stages'][number] | undefined;
  /** Stops the pinging, looks at every stage once more, and prints the final report. */
  finish(): Promise<void>;
}

export interface HealthOptions {
  readonly stages: readonly Stage[];
  readonly ping: StageClient['ping'];
  readonly clock: Clock;
  readonly print: (line: string) => void;
  /** The time between two pings of a healthy stage, and how many in a row must fail for it to fail. */
  readonly pace: PingPace;
}

const PING_TIMEOUT_MS = 2_000;
const FINAL_PING_TIMEOUT_MS = 1_000;
const REPEAT_MS = 10_000;

/** Starts to ping the stages, each on its own beat, and prints a report whenever it changes. */
export function watchHealth({ stages, ping, clock, print, pace }: HealthOptions): Health {
  const watched = stages.map((stage) => ({ stage, health: newStageHealth(clock.now()) }));
  const stopped = new AbortController();
  const timers = new Set<NodeJS.Timeout>();
  let printed = { content: '', at: 0 };

  const look = async (one: Watched, timeoutMs: number, last: boolean): Promise<void> => {
    const signal = last ? new AbortController().signal : stopped.signal;
    const result = await ping(one.stage.port, timeoutMs, signal);
    if (signal.aborted) return;
    one.health = afterPing(one.health, result, one.stage.port, clock.now(), pace, last);
  };

  const watch = async (one: Watched): Promise<void> => {
    await look(one, PING_TIMEOUT_MS, false);
    if (stopped.signal.aborted) return;
    printChange();
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        void watch(one);
      },
      nextPingMs(one.health, pace),
    );
    timers.add(timer);
  };

  const printChange = (): void => {
    if (watched.some(({ health }) => health.pings === 0)) return;
    const content = JSON.stringify(watched.map(({ health }) => [health.state, health.reason]));
    const starting = watched.some(({ health }) => health.state === 'starting');
    const now = clock.now();
    if (content === printed.content && !(starting && now - printed.at >= REPEAT_MS)) return;
    printed = { content, at: now };
    print(JSON.stringify(report(false)));
  };

  const report = (final: boolean): HealthReport => {
    const now = clock.now();
    return {
      event: 'health',
      time: new Date(now).toISOString(),
      final,
      stages: watched.map(({ stage, health }) => ({
        name: stage.name,
        state: health.state,
        reason: health.reason,
        seconds: Math.max(0, Math.floor((now - health.since) / 1000)),
      })),
    };
  };

  for (const one of watched) void watch(one);

  return {
    report: () => report(false),
    healthy: () => watched.every(({ health }) => health.state === 'healthy'),
    firstStarting() {
      const position = watched.findIndex(({ health }) => health.state === 'starting');
      return position < 0 ? undefined : report(false).stages[position];
    },
    async finish() {
      stopped.abort();
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(watched.map((one) => look(one, FINAL_PING_TIMEOUT_MS, true)));
      print(JSON.stringify(report(true)));
    },
  };
}

interface Watched {
  readonly stage: Stage;
  health: StageHealth;
}
