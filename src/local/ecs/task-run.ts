import type { Clock } from '../../aws/clock.ts';
import type { LogWriter } from '../logs/index.ts';
import { LineSplitter } from '../logs/index.ts';
import { nextToStop, readiness } from './depends-on.ts';
import { watchHealth } from './health-watch.ts';
import type { ContainerRecord, HealthStatus, StopCode, TaskRecord } from './records.ts';
import type { ContainerExit, ContainerRuntime, RunningContainer, TaskSandbox } from './runtime.ts';
import type { ContainerDefinition } from './task-definition.ts';
import type { Timers } from './timers.ts';

const DEFAULT_STOP_TIMEOUT_SECONDS = 30;

export interface TaskRunOptions {
  readonly task: TaskRecord;
  readonly containers: readonly ContainerDefinition[];
  readonly volumes: readonly string[];
  readonly cpu: number | undefined;
  readonly memory: number | undefined;
  readonly roleArn: string | undefined;
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly timers: Timers;
  /** A fault: how long a task takes before anything of it starts. */
  readonly startDelayMs: () => number;
  /** Throws when the log cannot be written to: the container then cannot start. */
  readonly openLog: (container: ContainerDefinition) => LogWriter;
  readonly onChange: (change: Partial<TaskRecord>) => void;
  readonly report: (problem: string) => void;
}

interface ContainerRun {
  readonly definition: ContainerDefinition;
  phase: 'waiting' | 'starting' | 'running' | 'stopped';
  record: ContainerRecord;
  running: RunningContainer | undefined;
  exitCode: number | undefined;
  healthStatus: HealthStatus;
  stopSent: boolean;
  unwatch: () => void;
}

/**
 * One task from PENDING to STOPPED: starts its containers in the order of their dependencies, watches
 * them, and stops them in the reverse order. Every step looks at all containers and does what is due,
 * so it does not matter in which order exits, health changes and stops arrive.
 */
export class TaskRun {
  /** Settles once nothing of the task is left. Never rejects. */
  readonly ended: Promise<void>;
  readonly #options: TaskRunOptions;
  readonly #containers: ContainerRun[];
  readonly #resolveEnded: () => void;
  #sandbox: TaskSandbox | undefined;
  #cancelDelay: (() => void) | undefined;
  #preparing = false;
  #running = false;
  #stopping = false;
  #finishing = false;
  /** Set when the stand-in itself goes: everything stops at once and the records stay as they are. */
  #hurryMs: number | undefined;

  constructor(options: TaskRunOptions) {
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    this.#containers = options.containers.map((definition, index) => ({
      definition,
      phase: 'waiting',
      record: recordAt(options.task, index),
      running: undefined,
      exitCode: undefined,
      healthStatus: 'UNKNOWN',
      stopSent: false,
      unwatch: () => undefined,
    }));
  }

  /** The task was placed. */
  begin(): void {
    if (this.#stopping) return;
    this.#change({ lastStatus: 'PENDING' });
    const delay = this.#options.startDelayMs();
    if (delay <= 0) this.#prepareAndAdvance();
    else this.#cancelDelay = this.#options.timers.after(delay, () => this.#prepareAndAdvance());
  }

  #prepareAndAdvance(): void {
    this.#cancelDelay = undefined;
    this.#preparing = true;
    void this.#prepare()
      .catch((error: Error) => this.stop('TaskFailedToStart', error.message))
      .finally(() => {
        this.#preparing = false;
        this.#advance();
      });
  }

  /** Idempotent: the first reason stays. */
  stop(stopCode: StopCode, stoppedReason: string): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#change({
      desiredStatus: 'STOPPED',
      ...(this.#running ? { lastStatus: 'STOPPING' } : {}),
      stopCode,
      stoppedReason,
      stoppingAt: this.#options.clock.now(),
    });
    this.#advance();
  }

  /** SIGKILL for every container, as when the machine runs out of memory. */
  kill(): void {
    for (const { running } of this.#containers) running?.stop(0);
  }

  /** The stand-in goes: stops everything within about `graceMs` and says nothing. */
  abandon(graceMs: number): Promise<void> {
    this.#hurryMs = graceMs;
    this.#stopping = true;
    // Those that are stopping already get the shorter time too.
    for (const container of this.#containers) container.stopSent = false;
    this.#advance();
    return this.ended;
  }

  async #prepare(): Promise<void> {
    const { clock, containers, cpu, memory, roleArn, runtime, task, volumes } = this.#options;
    const { id } = task;
    const sandbox = await runtime.open({ id, containers, volumes, cpu, memory, roleArn });
    this.#sandbox = sandbox;
    const pullStartedAt = clock.now();
    await Promise.all(this.#containers.map((container) => this.#pull(sandbox, container)));
    this.#change({ address: sandbox.address, pullStartedAt, pullStoppedAt: clock.now() });
  }

  async #pull(sandbox: TaskSandbox, container: ContainerRun): Promise<void> {
    try {
      await sandbox.pull(container.definition.name);
    } catch (error) {
      container.record = { ...container.record, reason: (error as Error).message };
      throw error;
    }
  }

  #advance(): void {
    if (this.#preparing || this.#finishing) return;
    if (this.#stopping) {
      this.#cancelDelay?.();
      this.#stopNext();
      return;
    }
    if (this.#cancelDelay !== undefined) return;
    for (const container of this.#containers) {
      if (container.phase !== 'waiting') continue;
      const ready = readiness(container.definition, (name) => this.#find(name));
      if (ready.kind === 'ready') void this.#start(container);
      if (ready.kind === 'never') {
        container.record = { ...container.record, reason: ready.reason };
        this.stop('TaskFailedToStart', ready.reason);
        return;
      }
    }
    // A start that failed at once has stopped the task meanwhile.
    if (this.#stopping) return;
    const started = this.#containers.every(
      ({ phase }) => phase === 'running' || phase === 'stopped',
    );
    if (started && !this.#running) {
      this.#running = true;
      this.#change({ lastStatus: 'RUNNING', startedAt: this.#options.clock.now() });
    }
  }

  #find(name: string): ContainerRun {
    const found = this.#containers.find(({ definition }) => definition.name === name);
    if (found === undefined) throw new Error(`no container ${name}`);
    return found;
  }

  async #start(container: ContainerRun): Promise<void> {
    container.phase = 'starting';
    const { definition } = container;
    const sandbox = this.#sandbox;
    if (sandbox === undefined) throw new Error('start before prepare');
    let log: LogWriter | undefined;
    try {
      const opened = this.#options.openLog(definition);
      log = opened;
      const lines = {
        stdout: new LineSplitter((lines) => opened.write(lines)),
        stderr: new LineSplitter((lines) => opened.write(lines)),
      };
      const running = await sandbox.start(definition.name, (stream, chunk) =>
        lines[stream].push(chunk),
      );
      container.running = running;
      container.phase = 'running';
      container.record = {
        ...container.record,
        lastStatus: 'RUNNING',
        runtimeId: running.runtimeId,
        networkBindings: sandbox.bindings(definition.name),
      };
      void running.exited.then((exit) => {
        lines.stdout.flush();
        lines.stderr.flush();
        opened.close();
        this.#onExit(container, exit);
      });
      this.#change({});
      this.#watch(container, running);
    } catch (error) {
      log?.close();
      container.phase = 'stopped';
      const reason = (error as Error).message;
      container.record = { ...container.record, lastStatus: 'STOPPED', reason };
      this.stop('TaskFailedToStart', reason);
    }
    this.#advance();
  }

  #watch(container: ContainerRun, running: RunningContainer): void {
    const { healthCheck } = container.definition;
    if (healthCheck === undefined || this.#stopping) return;
    const { clock, timers } = this.#options;
    container.unwatch = watchHealth({
      healthCheck,
      check: () => running.check(healthCheck.command, healthCheck.timeout * 1000),
      onChange: (healthStatus) => {
        container.healthStatus = healthStatus;
        container.record = { ...container.record, healthStatus };
        this.#change({ healthStatus: this.#healthStatus() });
        this.#advance();
      },
      clock,
      timers,
    });
  }

  /** As ECS sums it up: over the essential containers that have a health check. */
  #healthStatus(): HealthStatus {
    const watched = this.#containers.filter(
      ({ definition }) => definition.essential && definition.healthCheck !== undefined,
    );
    const all = watched.map(({ healthStatus }) => healthStatus);
    if (all.includes('UNHEALTHY')) return 'UNHEALTHY';
    return all.length > 0 && all.every((status) => status === 'HEALTHY') ? 'HEALTHY' : 'UNKNOWN';
  }

  #onExit(container: ContainerRun, exit: ContainerExit): void {
    container.unwatch();
    container.phase = 'stopped';
    container.exitCode = exit.exitCode;
    container.record = { ...container.record, lastStatus: 'STOPPED', ...exit };
    this.#change({});
    if (container.definition.essential) {
      this.stop('EssentialContainerExited', 'Essential container in task exited');
    }
    this.#advance();
  }

  #stopNext(): void {
    for (const container of this.#containers) {
      container.unwatch();
      if (container.phase !== 'waiting') continue;
      container.phase = 'stopped';
      container.record = { ...container.record, lastStatus: 'STOPPED' };
    }
    if (this.#containers.every(({ phase }) => phase === 'stopped')) {
      void this.#finish();
      return;
    }
    const next = this.#hurryMs === undefined ? nextToStop(this.#containers) : this.#containers;
    for (const container of next) {
      if (container.running === undefined || container.stopSent) continue;
      container.stopSent = true;
      const seconds = container.definition.stopTimeout ?? DEFAULT_STOP_TIMEOUT_SECONDS;
      container.running.stop(this.#hurryMs ?? seconds * 1000);
    }
  }

  async #finish(): Promise<void> {
    this.#finishing = true;
    this.#change({
      lastStatus: 'DEPROVISIONING',
      executionStoppedAt: this.#options.clock.now(),
    });
    try {
      await this.#sandbox?.remove();
    } catch (error) {
      this.#options.report(`task ${this.#options.task.id}: ${(error as Error).message}`);
    }
    this.#change({ lastStatus: 'STOPPED', stoppedAt: this.#options.clock.now() });
    this.#resolveEnded();
  }

  #change(change: Partial<TaskRecord>): void {
    if (this.#hurryMs !== undefined) return;
    const containers = this.#containers.map(({ record }) => record);
    this.#options.onChange({ ...change, containers });
  }
}

function recordAt(task: TaskRecord, index: number): ContainerRecord {
  const record = task.containers[index];
  if (record === undefined) throw new Error(`task ${task.id} has no container ${index}`);
  return record;
}
