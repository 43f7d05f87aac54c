import { type RecordedProcess, startRecorded } from './recorded-process.ts';
import {
  type ContainerExit,
  commandOf,
  type OutputSink,
  type RunningContainer,
} from './runtime.ts';
import type { Timers } from './timers.ts';

export interface ProcessContainerOptions {
  readonly program: string;
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Where the pid of the process with this name is recorded. */
  readonly pidFile: (name: string) => string;
  readonly onOutput: OutputSink;
  readonly timers: Timers;
}

/** One container as a process group, with its health checks as groups of their own. */
export class ProcessContainer implements RunningContainer {
  readonly runtimeId: string;
  readonly exited: Promise<ContainerExit>;
  readonly #options: ProcessContainerOptions;
  readonly #process: RecordedProcess;
  readonly #checks = new Set<RecordedProcess>();
  #gone = false;
  #checkCount = 0;
  #killTimers: (() => void)[] = [];

  static async start(options: ProcessContainerOptions): Promise<ProcessContainer> {
    const started = await startRecorded({
      pidFile: options.pidFile('serve'),
      command: [options.program, ...options.command],
      cwd: options.cwd,
      environment: options.environment,
      onOutput: options.onOutput,
    });
    return new ProcessContainer(options, started);
  }

  private constructor(options: ProcessContainerOptions, started: RecordedProcess) {
    this.#options = options;
    this.#process = started;
    this.runtimeId = `${started.pid}`;
    this.exited = this.#untilExited();
  }

  stop(timeoutMs: number): void {
    if (this.#gone) return;
    if (timeoutMs <= 0) {
      this.#process.signal('SIGKILL');
      return;
    }
    this.#process.signal('SIGTERM');
    const kill = (): void => this.#process.signal('SIGKILL');
    this.#killTimers.push(this.#options.timers.after(timeoutMs, kill));
  }

  async check(command: readonly string[], timeoutMs: number): Promise<boolean> {
    if (this.#gone) return false;
    const { cwd, environment, pidFile, timers } = this.#options;
    this.#checkCount += 1;
    try {
      const check = await startRecorded({
        pidFile: pidFile(`check-${this.#checkCount}`),
        command: commandOf(command),
        cwd,
        environment,
      });
      this.#checks.add(check);
      // The container may have gone while the check was started.
      if (this.#gone) check.signal('SIGKILL');
      const cancel = timers.after(timeoutMs, () => check.signal('SIGKILL'));
      const exitCode = await check.exited;
      cancel();
      this.#checks.delete(check);
      return exitCode === 0;
    } catch (error) {
      this.#options.onOutput(
        'stderr',
        Buffer.from(`health check could not be started: ${(error as Error).message}\n`),
      );
      return false;
    }
  }

  async #untilExited(): Promise<ContainerExit> {
    const exitCode = await this.#process.exited;
    this.#gone = true;
    for (const cancel of this.#killTimers) cancel();
    for (const check of this.#checks) check.signal('SIGKILL');
    await Promise.all(Array.from(this.#checks, (check) => check.exited));
    const reason = reasonOf(exitCode, this.#options.program);
    return reason === undefined ? { exitCode } : { exitCode, reason };
  }
}

/** The shell's way to say that it could not execute the program. */
function reasonOf(exitCode: number, program: string): string | undefined {
  if (exitCode !== 126 && exitCode !== 127) return undefined;
  return `Exit code ${exitCode}: ${program} could not be executed, or a command in it. Is the interpreter in its first line installed? See the container's log.`;
}
