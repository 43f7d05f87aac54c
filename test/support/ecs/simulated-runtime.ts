import type { Clock } from '../../../src/aws/clock.ts';
import type {
  ContainerExit,
  ContainerRuntime,
  RunningContainer,
  TaskSandbox,
  TaskToRun,
} from '../../../src/local/ecs/runtime.ts';
import type { Timers } from '../../../src/local/ecs/timers.ts';

/** How containers of an image behave. Without anything: healthy at once, runs until it is stopped. */
export interface ImageScript {
  /** The image cannot be pulled; this is why. */
  readonly cannotPull?: string;
  /** Health checks pass from this time after the start on; Infinity means never. Default 0. */
  readonly healthyAfterMs?: number;
  /** …and fail again from this time on. */
  readonly unhealthyAfterMs?: number;
  /** Exits by itself this long after its start. */
  readonly exitAfterMs?: number;
  /** With this code. Default 0. */
  readonly exitCode?: number;
  /** Needs this long from SIGTERM to its exit. Default 0. */
  readonly stopsAfterMs?: number;
}

export interface SimulatedContainer {
  readonly taskId: string;
  readonly name: string;
  /** Ends it now, as a crash. */
  crash(exitCode: number): void;
}

/** Runs nothing: containers are entries of a list that follow their image's script, in injected time. */
export class SimulatedRuntime implements ContainerRuntime {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #scriptOf: (image: string) => ImageScript;
  readonly #running = new Set<SimulatedContainer>();
  readonly #open = new Set<string>();
  #ports = 0;

  constructor(options: {
    clock: Clock;
    timers: Timers;
    scriptOf?: (image: string) => ImageScript;
  }) {
    this.#clock = options.clock;
    this.#timers = options.timers;
    this.#scriptOf = options.scriptOf ?? (() => ({}));
  }

  /** What runs now, in the order it was started. */
  get running(): readonly SimulatedContainer[] {
    return [...this.#running];
  }

  /** Ids of the tasks whose sandbox was not removed yet. */
  get openTasks(): readonly string[] {
    return [...this.#open];
  }

  async recover(): Promise<void> {
    await this.close();
  }

  async close(): Promise<void> {
    for (const container of [...this.#running]) container.crash(137);
  }

  async open(task: TaskToRun): Promise<TaskSandbox> {
    this.#open.add(task.id);
    const definitionOf = (name: string) => task.containers.find((one) => one.name === name);
    const scriptOf = (name: string): ImageScript => this.#scriptOf(definitionOf(name)?.image ?? '');
    const bindings = new Map(
      task.containers.map((container) => [
        container.name,
        container.portMappings.map(({ containerPort }) => {
          this.#ports = (this.#ports + 1) % 600;
          const hostPort = 10_000 + this.#ports * 32;
          return { containerPort, hostPort, bindIP: '127.0.0.1', protocol: 'tcp' as const };
        }),
      ]),
    );
    return {
      address: '127.0.0.1',
      bindings: (name) => bindings.get(name) ?? [],
      pull: async (name) => {
        const { cannotPull } = scriptOf(name);
        if (cannotPull !== undefined) throw new Error(`CannotPullContainerError: ${cannotPull}`);
      },
      start: async (name) => this.#start(task.id, name, scriptOf(name)),
      remove: async () => {
        this.#open.delete(task.id);
      },
    };
  }

  #start(taskId: string, name: string, script: ImageScript): RunningContainer {
    const startedAt = this.#clock.now();
    const { promise: exited, resolve } = Promise.withResolvers<ContainerExit>();
    const cancels: (() => void)[] = [];
    const end = (exitCode: number): void => {
      if (!this.#running.delete(container)) return;
      for (const cancel of cancels) cancel();
      resolve({ exitCode });
    };
    const container: SimulatedContainer = { taskId, name, crash: end };
    this.#running.add(container);
    if (script.exitAfterMs !== undefined) {
      cancels.push(this.#timers.after(script.exitAfterMs, () => end(script.exitCode ?? 0)));
    }
    const { healthyAfterMs = 0, stopsAfterMs = 0, unhealthyAfterMs = Infinity } = script;
    return {
      runtimeId: `${taskId}-${name}`,
      exited,
      stop: (timeoutMs) => {
        // 143 is SIGTERM's exit code, 137 SIGKILL's.
        const exitCode = stopsAfterMs < timeoutMs ? 143 : 137;
        cancels.push(this.#timers.after(Math.min(stopsAfterMs, timeoutMs), () => end(exitCode)));
      },
      check: async () => {
        const age = this.#clock.now() - startedAt;
        return this.#running.has(container) && age >= healthyAfterMs && age < unhealthyAfterMs;
      },
    };
  }
}
