import {
  accessSync,
  constants,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, posix, resolve } from 'node:path';
import { containerEnvironment, hasModelFolder } from './container-environment.ts';
import { killOrphans, PID_FILE_SUFFIX } from './orphans.ts';
import { releasePortBlock, takePortBlock } from './port-blocks.ts';
import { ProcessContainer } from './process-container.ts';
import type { NetworkBinding } from './records.ts';
import {
  type ContainerRuntime,
  containerOf,
  type OutputSink,
  type RunningContainer,
  type TaskSandbox,
  type TaskToRun,
} from './runtime.ts';
import type { ContainerDefinition } from './task-definition.ts';
import type { Timers } from './timers.ts';

const ADDRESS = '127.0.0.1';
export const IMAGE_PREFIX = 'file:';
/** Beside the containers' folders, whose names have no dot. */
const VOLUMES = '.volumes';
const ML_FOLDER = '/opt/ml/';

export interface ProcessRuntimeOptions {
  /** Where task folders are made; owned by this runtime. */
  readonly dir: string;
  /** What a relative `file:` image is relative to. */
  readonly baseDir: string;
  /** The environment of the process that runs the stand-in; a few variables of it are handed on. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly s3Endpoint: string | undefined;
  readonly credentialsUri: (taskId: string) => string;
  readonly timers: Timers;
  readonly report: (problem: string) => void;
}

/**
 * Runs containers as processes of this machine: the image `file:<dir>` runs `<dir>/serve <command…>`.
 * All tasks share the machine's network and files; only ports and the /opt/ml folder are kept apart.
 */
export class ProcessRuntime implements ContainerRuntime {
  readonly #options: ProcessRuntimeOptions;
  readonly #tasksDir: string;
  readonly #containers = new Set<ProcessContainer>();

  constructor(options: ProcessRuntimeOptions) {
    this.#options = options;
    this.#tasksDir = join(options.dir, 'tasks');
  }

  async recover(): Promise<void> {
    const orphans = join(this.#options.dir, 'orphans');
    mkdirSync(this.#tasksDir, { recursive: true });
    mkdirSync(orphans, { recursive: true });
    // Moved away first: a shell that is only about to record its pid then fails and starts nothing.
    renameSync(this.#tasksDir, join(orphans, crypto.randomUUID()));
    mkdirSync(this.#tasksDir);
    await killOrphans(orphans);
    try {
      rmSync(orphans, { recursive: true, force: true });
    } catch (error) {
      // Nothing of it runs; the next start tries again.
      this.#options.report(`${orphans} cannot be removed: ${(error as Error).message}`);
    }
  }

  async open(task: TaskToRun): Promise<TaskSandbox> {
    const bindings = new Map<string, NetworkBinding[]>();
    const release = (): void => {
      for (const { hostPort } of [...bindings.values()].flat()) releasePortBlock(hostPort);
    };
    try {
      for (const container of task.containers) {
        const own: NetworkBinding[] = [];
        bindings.set(container.name, own);
        for (const { containerPort } of container.portMappings) {
          const hostPort = await takePortBlock();
          own.push({ containerPort, hostPort, bindIP: ADDRESS, protocol: 'tcp' });
        }
      }
    } catch (error) {
      release();
      throw error;
    }
    return {
      address: ADDRESS,
      bindings: (name) => bindings.get(name) ?? [],
      pull: async (name) => checkImage(this.#options.baseDir, containerOf(task, name).image),
      start: (name, onOutput) =>
        this.#start(task, containerOf(task, name), [...bindings.values()].flat(), onOutput),
      remove: async () => {
        release();
        rmSync(join(this.#tasksDir, task.id), { recursive: true, force: true, maxRetries: 3 });
      },
    };
  }

  /** What a volume is here; it is there once somebody asked. It goes with the task. */
  volumeFolder(taskId: string, volume: string): string {
    const folder = join(this.#tasksDir, taskId, VOLUMES, volume);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  async #start(
    task: TaskToRun,
    container: ContainerDefinition,
    bindings: readonly NetworkBinding[],
    onOutput: OutputSink,
  ): Promise<RunningContainer> {
    const { baseDir, credentialsUri, environment, s3Endpoint, timers } = this.#options;
    try {
      refuseUnsupported(container);
      const folder = join(this.#tasksDir, task.id, container.name);
      const mlFolder = join(folder, 'opt', 'ml');
      layMounts(container, mlFolder, (volume) => this.volumeFolder(task.id, volume));
      const image = imageFolder(baseDir, container.image);
      const started = await ProcessContainer.start({
        program: join(image, 'serve'),
        command: container.command ?? [],
        cwd: image,
        environment: containerEnvironment({
          container,
          parent: environment,
          mlFolder,
          s3Endpoint,
          credentialsUri: task.roleArn === undefined ? undefined : credentialsUri(task.id),
          bindings,
        }),
        pidFile: (name) => join(folder, `${name}${PID_FILE_SUFFIX}`),
        onOutput,
        timers,
      });
      this.#containers.add(started);
      void started.exited.then(() => this.#containers.delete(started));
      return started;
    } catch (cause) {
      throw new Error(`CannotStartContainerError: ${container.name}: ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  async close(): Promise<void> {
    const containers = [...this.#containers];
    for (const container of containers) container.stop(0);
    await Promise.all(containers.map(({ exited }) => exited));
  }
}

function imageFolder(baseDir: string, image: string): string {
  return resolve(baseDir, image.slice(IMAGE_PREFIX.length));
}

function checkImage(baseDir: string, image: string): void {
  if (!image.startsWith(IMAGE_PREFIX)) {
    throw new Error(
      `CannotPullContainerError: image ${image} is not a folder: this runtime runs only file:<dir> images, a folder with an executable "serve".`,
    );
  }
  const serve = join(imageFolder(baseDir, image), 'serve');
  try {
    accessSync(serve, constants.X_OK);
    if (!statSync(serve).isFile()) throw new Error('not a file');
  } catch (cause) {
    throw new Error(
      `CannotPullContainerError: image ${image} has no executable "serve": create ${serve} and make it executable (chmod +x).`,
      { cause },
    );
  }
}

/** What a process cannot have is refused, not ignored. */
function refuseUnsupported(container: ContainerDefinition): void {
  if (container.entryPoint !== undefined) {
    throw new Error('entryPoint is not supported for file: images, whose entry point is ./serve');
  }
  if (container.workingDirectory !== undefined) {
    throw new Error(
      'workingDirectory is not supported for file: images, which run in their folder',
    );
  }
  const mount = container.mountPoints.find(
    ({ containerPath }) => !posix.normalize(containerPath).startsWith(ML_FOLDER),
  );
  if (mount !== undefined) {
    throw new Error(
      `file: images can have mounts below ${ML_FOLDER} only, not ${mount.containerPath}`,
    );
  }
}

/** Volumes as symbolic links below the folder that stands for /opt/ml. A link cannot be read-only. */
function layMounts(
  container: ContainerDefinition,
  mlFolder: string,
  folderOf: (volume: string) => string,
): void {
  mkdirSync(mlFolder, { recursive: true });
  for (const { containerPath, sourceVolume } of container.mountPoints) {
    const volume = folderOf(sourceVolume);
    const link = join(mlFolder, posix.normalize(containerPath).slice(ML_FOLDER.length));
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(volume, link);
  }
  if (hasModelFolder(container)) mkdirSync(join(mlFolder, 'model'), { recursive: true });
}
