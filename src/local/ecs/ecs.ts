import type { EcsOptions } from './ecs-options.ts';
import { forgetOld } from './retention.ts';
import { ServiceScheduler } from './service-scheduler.ts';
import { State } from './state.ts';
import { TaskSupervisor } from './task-supervisor.ts';

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
