import type { Clock } from '../../aws/clock.ts';
import type { LogStore } from '../logs/index.ts';
import type { Arns } from './arns.ts';
import type { Emit } from './events.ts';
import type { Faults } from './faults.ts';
import type { ContainerRuntime } from './runtime.ts';
import type { Timers } from './timers.ts';

export interface EcsOptions {
  readonly region: string;
  readonly account: string;
  readonly arns: Arns;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly runtime: ContainerRuntime;
  readonly logs: LogStore;
  readonly emit: Emit;
  readonly faults: Faults;
  /** Takes a line about something that went wrong and did not stop the stand-in. */
  readonly report: (problem: string) => void;
  /** Where the records are kept; nowhere without it. */
  readonly stateFile?: string;
}
