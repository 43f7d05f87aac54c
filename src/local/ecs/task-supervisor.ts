import { lastPart, newTaskId } from './arns.ts';
import { openContainerLog } from './container-log.ts';
import type { EcsOptions } from './ecs-options.ts';
import { type EcsEvent, emitSafely } from './events.ts';
import type { StopCode, Tag, TaskDefinitionRecord, TaskOverrides, TaskRecord } from './records.ts';
import type { State } from './state.ts';
import { type ContainerDefinition, cpuUnits, mebibytes } from './task-definition.ts';
import { TaskRun } from './task-run.ts';
import { isoTime, taskView } from './views.ts';

export interface TaskSpec {
  readonly clusterArn: string;
  readonly definition: TaskDefinitionRecord;
  readonly group: string;
  readonly startedBy?: string | undefined;
  readonly serviceArn?: string | undefined;
  readonly launchType?: string | undefined;
  readonly capacityProviderName?: string | undefined;
  readonly overrides: TaskOverrides;
  readonly tags: readonly Tag[];
}

export type TaskListener = (before: TaskRecord | undefined, after: TaskRecord) => void;

/** Keeps every task's record true to what runs, and tells each change. */
export class TaskSupervisor {
  readonly #options: EcsOptions;
  readonly #state: State;
  readonly #listener: TaskListener;
  readonly #onRoom: () => void;
  /** Tasks that are not STOPPED, in the order they came. */
  readonly #runs = new Map<string, TaskRun>();
  readonly #waiting = new Set<string>();
  #closed = false;

  /** `onRoom` is called when there may be room for another task. */
  constructor(options: EcsOptions, state: State, listener: TaskListener, onRoom: () => void) {
    this.#options = options;
    this.#state = state;
    this.#listener = listener;
    this.#onRoom = onRoom;
    options.faults.onCapacityChange(() => {
      this.#place();
      onRoom();
    });
  }

  /** How many more tasks could be placed now. */
  room(): number {
    return this.#options.faults.capacity - this.#runs.size;
  }

  /** A task in PROVISIONING; it goes on once there is room for it. */
  launch(spec: TaskSpec): TaskRecord {
    const task = this.#newTask(spec);
    try {
      this.#state.tasks.put(task.id, task);
    } catch (error) {
      this.#state.tasks.load(task.id, null);
      throw error;
    }
    this.#announce(undefined, task);
    const containers = spec.definition.containerDefinitions.map((container) =>
      override(container, spec.overrides),
    );
    const { clock, faults, logs, runtime, timers, report } = this.#options;
    const run = new TaskRun({
      task,
      containers,
      volumes: spec.definition.volumes.map(({ name }) => name),
      cpu: cpuUnits(spec.definition.cpu),
      memory: mebibytes(spec.definition.memory),
      roleArn: spec.overrides.taskRoleArn ?? spec.definition.taskRoleArn,
      runtime,
      clock,
      timers,
      startDelayMs: () => faults.startDelayMs,
      openLog: (container) =>
        openContainerLog(logs, clock, {
          container,
          family: spec.definition.family,
          taskId: task.id,
        }),
      onChange: (change) => this.#update(task.id, change),
      report,
    });
    this.#runs.set(task.id, run);
    this.#waiting.add(task.id);
    void run.ended.then(() => {
      this.#runs.delete(task.id);
      this.#waiting.delete(task.id);
      this.#place();
      this.#onRoom();
    });
    this.#place();
    return task;
  }

  stop(id: string, code: StopCode, reason: string): void {
    this.#runs.get(id)?.stop(code, reason);
  }

  /** A fault: every process of the task gets SIGKILL. */
  kill(id: string): void {
    this.#runs.get(id)?.kill();
  }

  /** After a restart: what was left of an earlier life is stopped, in the records too. */
  declareLost(): void {
    const stoppedAt = this.#options.clock.now();
    for (const task of this.#state.tasks.all()) {
      if (task.lastStatus === 'STOPPED') continue;
      this.#update(task.id, {
        lastStatus: 'STOPPED',
        desiredStatus: 'STOPPED',
        stopCode: task.stopCode ?? 'TerminationNotice',
        stoppedReason: task.stoppedReason ?? 'Host EC2 (instance local) terminated.',
        stoppingAt: task.stoppingAt ?? stoppedAt,
        stoppedAt,
        containers: task.containers.map((container) => ({ ...container, lastStatus: 'STOPPED' })),
      });
    }
  }

  /** Ends every task within about `graceMs`, leaving the records as they are. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    await Promise.all(Array.from(this.#runs.values(), (run) => run.abandon(graceMs)));
  }

  #place(): void {
    if (this.#closed) return;
    for (const id of this.#waiting) {
      const placed = this.#runs.size - this.#waiting.size;
      if (placed >= this.#options.faults.capacity) return;
      this.#waiting.delete(id);
      this.#runs.get(id)?.begin();
    }
  }

  #newTask(spec: TaskSpec): TaskRecord {
    const id = newTaskId();
    const { definition, overrides, ...rest } = spec;
    const { arns } = this.#options;
    const cluster = lastPart(spec.clusterArn);
    const containers = definition.containerDefinitions;
    return {
      ...rest,
      id,
      taskArn: arns.task(cluster, id),
      taskDefinitionArn: definition.taskDefinitionArn,
      overrides,
      lastStatus: 'PROVISIONING',
      desiredStatus: 'RUNNING',
      healthStatus: 'UNKNOWN',
      watched: containers.some(({ essential, healthCheck }) => essential && healthCheck),
      createdAt: this.#options.clock.now(),
      attachmentId: crypto.randomUUID(),
      containers: containers.map(({ name, image }) => ({
        containerArn: arns.container(cluster, id),
        name,
        image,
        lastStatus: 'PENDING',
        healthStatus: 'UNKNOWN',
        networkBindings: [],
      })),
      version: 1,
    };
  }

  #update(id: string, change: Partial<TaskRecord>): void {
    const before = this.#state.tasks.get(id);
    if (before === undefined || this.#closed) return;
    const after = { ...before, ...change, version: before.version + 1 };
    try {
      this.#state.tasks.put(id, after);
    } catch (error) {
      // What runs does not wait for the disk; the next write that works has this change in it.
      this.#options.report(`task ${id} could not be written down: ${(error as Error).message}`);
    }
    this.#announce(before, after);
  }

  #announce(before: TaskRecord | undefined, after: TaskRecord): void {
    const { account, clock, emit, region, report } = this.#options;
    const definition = this.#state.taskDefinitions.get(after.taskDefinitionArn);
    const event: EcsEvent = {
      version: '0',
      id: crypto.randomUUID(),
      'detail-type': 'ECS Task State Change',
      source: 'aws.ecs',
      account,
      time: new Date(clock.now()).toISOString(),
      region,
      resources: [after.taskArn],
      detail: {
        ...taskView(after, definition, isoTime),
        updatedAt: new Date(clock.now()).toISOString(),
      },
    };
    emitSafely(emit, event, report);
    this.#listener(before, after);
  }
}

/** A container as RunTask's overrides want it: their command, their environment over its own. */
function override(container: ContainerDefinition, overrides: TaskOverrides): ContainerDefinition {
  const found = overrides.containerOverrides?.find(({ name }) => name === container.name);
  if (found === undefined) return container;
  const environment = [...container.environment, ...(found.environment ?? [])];
  const command = found.command ?? container.command;
  return { ...container, environment, command: command === undefined ? undefined : [...command] };
}
