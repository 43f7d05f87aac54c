import type { Clock } from '../../aws/clock.ts';
import type { LogStore } from './log-store.ts';

/** What every operation of the CloudWatch Logs stand-in works on. */
export interface LogsContext {
  readonly store: LogStore;
  readonly clock: Clock;
  readonly region: string;
  readonly account: string;
}

export function logGroupArn(context: LogsContext, name: string): string {
  return `arn:aws:logs:${context.region}:${context.account}:log-group:${name}`;
}
