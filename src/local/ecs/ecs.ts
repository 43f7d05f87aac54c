import type { Clock } from '../../aws/clock.ts';
import type { LogStore } from '../logs/index.ts';
import type { Arns } from './arns.ts';
import type { Emit } from './events.ts';
import type { Faults } from './faults.ts';
import { forgetOld } from './retention.ts';
import type { ContainerRuntime } from './runtime.ts';
import { ServiceScheduler } from './service-scheduler.ts';
import { State } from './state.ts';
import { TaskSupervisor } from './task-supervisor.ts';
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

/** The stand-in without its HTTP face: records, tasks, services. Operations work on this. */
export class Ecs {
  readonly options: EcsOptions;
  readonly state: State;
  readonly tasks: TaskSupervisor;
  readonly scheduler: ServiceScheduler;

  /** Throws when the records cannot be read. */
  constructor(options: EcsOptions) {
    this.options = options;
    this.state = new State(options.stateFile);
    this.tasks = new TaskSupervisor(
      options,
      this.state,
      (before, after) => this.scheduler.taskChanged(before, after),
      () => this.scheduler.wakeUnplaced(),
    );
    this.scheduler = new ServiceScheduler(options, this.state, this.tasks);
  }

  /** Ends what an earlier life left, and starts what the services want. */
  async recover(): Promise<void> {
    await this.options.runtime.recover();
    this.tasks.declareLost();
    this.scheduler.wakeAll();
  }

  /** Drops what ECS would no longer show. */
  forgetOld(): void {
    forgetOld(this.state, this.options.clock.now());
  }

  /** Stops every task; the records stay, so that the next start brings the services up again. */
  async close(graceMs: number): Promise<void> {
    this.scheduler.close();
    this.options.runtime.stopPulling?.();
    await this.tasks.close(graceMs);
    await this.options.runtime.close();
  }
}
