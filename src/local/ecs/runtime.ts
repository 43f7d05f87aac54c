import type { NetworkBinding } from './records.ts';
import type { ContainerDefinition } from './task-definition.ts';

/**
 * The port that runs containers. The stand-in decides what runs and when; a runtime only does it.
 * One runtime serves one stand-in; all of its promises settle in bounded time.
 */
export interface ContainerRuntime {
  /** Ends whatever an earlier life of this stand-in left running. Called once, before anything else. */
  recover(): Promise<void>;
  /** Makes the place where a task's containers will run: network, volumes. */
  open(task: TaskToRun): Promise<TaskSandbox>;
  /** The stand-in is about to close: no image is fetched any more, and what waits for one is refused. */
  stopPulling?(): void;
  /** Nothing of this runtime runs any more afterwards. */
  close(): Promise<void>;
  /** The labels of an image that is here already; undefined when it is not, or has none by its nature. */
  labelsOf?(image: string): Promise<Readonly<Record<string, string>> | undefined>;
}

export interface TaskToRun {
  readonly id: string;
  readonly containers: readonly ContainerDefinition[];
  readonly volumes: readonly string[];
  /** Of the task as a whole: ECS units (1024 a vCPU), and MiB; undefined for no limit. */
  readonly cpu: number | undefined;
  readonly memory: number | undefined;
  /** The role whose credentials the containers can fetch; none without it. */
  readonly roleArn: string | undefined;
}

export interface TaskSandbox {
  /** Where the task's ports are reached. */
  readonly address: string;
  bindings(container: string): readonly NetworkBinding[];
  /** Makes sure the image can run. Rejects with "CannotPullContainerError: …". */
  pull(container: string): Promise<void>;
  /** Rejects with "CannotStartContainerError: …". `onOutput` gets raw chunks of both streams. */
  start(container: string, onOutput: OutputSink): Promise<RunningContainer>;
  /** Frees everything of the task. All its containers have exited. */
  remove(): Promise<void>;
}

export type OutputSink = (stream: 'stdout' | 'stderr', chunk: Buffer) => void;

export interface RunningContainer {
  readonly runtimeId: string;
  /** Settles once nothing of the container runs and all of its output was handed over. Never rejects. */
  readonly exited: Promise<ContainerExit>;
  /** SIGTERM, then SIGKILL when it has not gone after `timeoutMs`. Calling it again with less time hurries. */
  stop(timeoutMs: number): void;
  /** Runs a health check in the container: true when it exits 0 within `timeoutMs`. Never rejects. */
  check(command: readonly string[], timeoutMs: number): Promise<boolean>;
}

export interface ContainerExit {
  /** 128 + the signal's number after a signal. */
  readonly exitCode: number;
  readonly reason?: string;
}

/** @throws when the task has none of that name */
export function containerOf(task: TaskToRun, name: string): ContainerDefinition {
  const container = task.containers.find((one) => one.name === name);
  if (container === undefined) throw new Error(`task ${task.id} has no container ${name}`);
  return container;
}

/** Of a health check: "CMD" runs the program itself, "CMD-SHELL" a line through the container's shell. */
export function commandOf(command: readonly string[]): string[] {
  const [form, ...rest] = command;
  if (form === 'CMD') return rest;
  if (form === 'CMD-SHELL') return ['/bin/sh', '-c', rest.join(' ')];
  return [...command];
}
