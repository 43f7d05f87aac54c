import { once } from 'node:events';
import { type Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type Docker from 'dockerode';
import {
  type ContainerExit,
  commandOf,
  type OutputSink,
  type RunningContainer,
} from '../runtime.ts';
import type { Timers } from '../timers.ts';
import { bounded, engineWords, inTime, isConflict, isMissing } from './engine-error.ts';
import { exitOf, lostExit } from './exit.ts';

/** How long output may still come after the end. */
const DRAIN_MS = 2000;
/** How long after SIGKILL the engine may take to say that the container is gone. */
const KILLED_WITHIN_MS = 30_000;

export interface EngineContainerOptions {
  readonly docker: Docker;
  readonly container: Docker.Container;
  readonly onOutput: OutputSink;
  readonly timers: Timers;
  readonly report: (problem: string) => void;
}

/** One container of the engine, from its start on. */
export class EngineContainer implements RunningContainer {
  readonly runtimeId: string;
  readonly exited: Promise<ContainerExit>;
  readonly #options: EngineContainerOptions;
  readonly #stopSignal: string;
  readonly #giveUp = Promise.withResolvers<ContainerExit>();
  #gone = false;
  #checking = false;
  #cancels: (() => void)[] = [];

  /** Starts a container that was created. Rejects with what the engine says. */
  static async start(options: EngineContainerOptions): Promise<EngineContainer> {
    const { container } = options;
    // Attached before it runs, so that no word is lost.
    const attached = await inTime(container.attach({ stream: true, stdout: true, stderr: true }));
    // Without stdin it is the body of the answer.
    const output = attached as NodeJS.ReadableStream as Readable;
    try {
      await container.start(bounded());
      const { Config } = await container.inspect(bounded());
      return new EngineContainer(options, output, stopSignalOf(Config) ?? 'SIGTERM');
    } catch (error) {
      output.destroy();
      throw error;
    }
  }

  private constructor(options: EngineContainerOptions, output: Readable, stopSignal: string) {
    this.#options = options;
    this.#stopSignal = stopSignal;
    this.runtimeId = options.container.id;
    this.exited = Promise.race([this.#untilExited(output), this.#giveUp.promise]).then((exit) => {
      this.#gone = true;
      for (const cancel of this.#cancels) cancel();
      return exit;
    });
  }

  stop(timeoutMs: number): void {
    if (this.#gone) return;
    if (timeoutMs <= 0) {
      this.#kill();
      return;
    }
    void this.#signal(this.#stopSignal);
    this.#after(timeoutMs, () => this.#kill());
  }

  /**
   * The engine cannot end what it executes in a container: after `timeoutMs` the check has failed, and
   * until it ends by itself, or with its container, no other one is begun.
   */
  async check(command: readonly string[], timeoutMs: number): Promise<boolean> {
    if (this.#gone || this.#checking) return false;
    this.#checking = true;
    const execution = this.#execute(commandOf(command)).finally(() => {
      this.#checking = false;
    });
    const late = Promise.withResolvers<boolean>();
    const cancel = this.#options.timers.after(timeoutMs, () => late.resolve(false));
    try {
      return await Promise.race([execution, late.promise]);
    } finally {
      cancel();
    }
  }

  async #execute(Cmd: string[]): Promise<boolean> {
    try {
      const { container } = this.#options;
      const exec = await container.exec({
        Cmd,
        AttachStdout: true,
        AttachStderr: true,
        ...bounded(),
      });
      const output = await inTime(exec.start({}));
      output.resume();
      // Cut off when the engine goes, and then there is no exit code either.
      await finished(output, { writable: false });
      const { ExitCode } = await exec.inspect(bounded());
      return ExitCode === 0;
    } catch (error) {
      if (!this.#gone && !isConflict(error) && !isMissing(error)) {
        const words = `health check could not be started: ${engineWords(error)}\n`;
        this.#options.onOutput('stderr', Buffer.from(words));
      }
      return false;
    }
  }

  #kill(): void {
    void this.#signal('SIGKILL');
    this.#after(KILLED_WITHIN_MS, () =>
      this.#giveUp.resolve({
        exitCode: 137,
        reason: `CannotStopContainerError: the engine did not end it within ${KILLED_WITHIN_MS / 1000} s`,
      }),
    );
  }

  async #signal(signal: string): Promise<void> {
    try {
      await this.#options.container.kill({ signal, ...bounded() });
    } catch (error) {
      // It was quicker.
      if (isMissing(error) || isConflict(error)) return;
      this.#options.report(`${signal} for ${this.runtimeId}: ${engineWords(error)}`);
    }
  }

  #after(ms: number, task: () => void): void {
    this.#cancels.push(this.#options.timers.after(ms, task));
  }

  async #untilExited(output: Readable): Promise<ContainerExit> {
    const { container, docker, onOutput } = this.#options;
    docker.modem.demuxStream(output, sink('stdout', onOutput), sink('stderr', onOutput));
    const drained = once(output, 'close').catch((error: Error) => error);
    try {
      await container.wait();
      const cancel = this.#options.timers.after(DRAIN_MS, () => output.destroy());
      await drained;
      cancel();
      const { State } = await container.inspect(bounded());
      return exitOf(State);
    } catch (error) {
      output.destroy();
      return lostExit(engineWords(error));
    }
  }
}

function sink(stream: 'stdout' | 'stderr', onOutput: OutputSink): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      onOutput(stream, chunk);
      done();
    },
  });
}

function stopSignalOf(config: object): string | undefined {
  return (config as { StopSignal?: string }).StopSignal || undefined;
}
