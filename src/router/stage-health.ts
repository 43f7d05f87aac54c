import type { PingResult } from './stage-client/index.ts';

/** What the pings of one stage say so far. Pure data; times are epoch milliseconds. */
export interface StageHealth {
  readonly state: 'starting' | 'healthy' | 'failing';
  readonly reason: string;
  readonly since: number;
  /** Whether it ever took a connection: tells "never listened" from "stopped listening". */
  readonly listened: boolean;
  /** Failed pings in a row. */
  readonly failures: number;
  readonly pings: number;
}

/** How soon a stage that stops answering is found out. */
export interface PingPace {
  /** Between two pings of a stage that is healthy. */
  readonly everyMs: number;
  /** Failed pings in a row that make a healthy stage fail: one alone may be a hiccup. */
  readonly failures: number;
}

const PROMPT_MS = 50;
const SLOW_START_MS = 500;
const GROWTH = 1.5;
const FAILING_MS = 500;

export function newStageHealth(now: number): StageHealth {
  return {
    state: 'starting',
    reason: 'not pinged yet',
    since: now,
    listened: false,
    failures: 0,
    pings: 0,
  };
}

/**
 * The health after one more ping.
 * @param last the task is being stopped, so there is no second ping to wait for: a stage that
 * refuses connections now has died, and that is what must be reported.
 */
export function afterPing(
  before: StageHealth,
  ping: PingResult,
  port: number,
  now: number,
  pace: Pick<PingPace, 'failures'>,
  last = false,
): StageHealth {
  const listened = before.listened || ping.kind !== 'refused';
  const pings = before.pings + 1;

  if (ping.kind === 'answered' && ping.status === 200) {
    const since = before.state === 'healthy' ? before.since : now;
    return { state: 'healthy', reason: '/ping answered 200', since, listened, failures: 0, pings };
  }

  const failures = before.failures + 1;
  const reason = failureReason(ping, port, listened);
  const forgiven = failures < pace.failures && !(last && ping.kind === 'refused');
  if (before.state === 'healthy') {
    return forgiven
      ? { ...before, failures, pings }
      : { state: 'failing', reason, since: now, listened, failures, pings };
  }
  return { ...before, reason, listened, failures, pings };
}

/** How long to wait before the next ping, in milliseconds. */
export function nextPingMs({ state, failures, pings }: StageHealth, pace: PingPace): number {
  if (state === 'starting') return Math.min(SLOW_START_MS, PROMPT_MS * GROWTH ** (pings - 1));
  return failures === 0 ? pace.everyMs : Math.min(pace.everyMs, FAILING_MS);
}

function failureReason(ping: PingResult, port: number, listened: boolean): string {
  switch (ping.kind) {
    case 'answered':
      return `/ping answered ${ping.status}`;
    case 'no-answer':
      return `/ping did not answer within ${ping.afterMs / 1000} s`;
    case 'closed':
      return '/ping closed the connection before it answered';
    case 'refused':
      return `${listened ? 'stopped' : 'never'} listen${listened ? 'ing' : 'ed'} on port ${port}`;
  }
}
