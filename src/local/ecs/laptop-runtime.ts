import { EngineStack, type EngineStackOptions } from './engine/engine-stack.ts';
import { EngineTask } from './engine/engine-task.ts';
import { inspectImage } from './engine/images.ts';
import type { PublishedPort } from './engine/task-network.ts';
import { IMAGE_PREFIX, ProcessRuntime, type ProcessRuntimeOptions } from './process-runtime.ts';
import { type ContainerRuntime, containerOf, type TaskSandbox, type TaskToRun } from './runtime.ts';
import type { ContainerDefinition } from './task-definition.ts';

export interface LaptopRuntimeOptions extends ProcessRuntimeOptions, EngineStackOptions {}

/**
 * Runs `file:` images as processes and all others in the machine's container engine. A task whose stages
 * are all of one kind runs wholly there, its router and loader too; else these are processes, and the
 * stages in the engine have a published port each.
 */
export class LaptopRuntime implements ContainerRuntime {
  readonly #processes: ProcessRuntime;
  readonly #engine: EngineStack;
  readonly #routerImage: string;

  constructor(options: LaptopRuntimeOptions) {
    this.#processes = new ProcessRuntime(options);
    this.#engine = new EngineStack(options);
    this.#routerImage = `${IMAGE_PREFIX}${options.routerFolder}`;
  }

  async recover(): Promise<void> {
    await Promise.all([this.#processes.recover(), this.#engine.recover()]);
  }

  stopPulling(): void {
    this.#engine.stopPulling();
  }

  async close(): Promise<void> {
    await Promise.all([this.#processes.close(), this.#engine.close()]);
  }

  async labelsOf(image: string): Promise<Readonly<Record<string, string>> | undefined> {
    if (isFolder({ image })) return undefined;
    const { docker } = await this.#engine.connected();
    const found = await inspectImage(docker, image);
    return found && (found.Config.Labels ?? {});
  }

  async open(task: TaskToRun): Promise<TaskSandbox> {
    if (task.containers.every(isFolder)) return await this.#processes.open(task);
    const stages = task.containers.filter((container) => !this.#isOurs(container));
    return stages.some(isFolder) ? await this.#openMixed(task) : this.#openInEngine(task);
  }

  #openInEngine(task: TaskToRun): TaskSandbox {
    const routers = task.containers.filter(this.#isOurs);
    const published = publishedPorts(routers, () => undefined);
    const engineTask = this.#engineTask(task, published, () => undefined);
    return {
      address: '127.0.0.1',
      bindings: (name) => engineTask.bindings(name),
      pull: (name) => engineTask.pull(containerOf(task, name)),
      start: (name, onOutput) => engineTask.start(containerOf(task, name), onOutput),
      remove: () => engineTask.remove(),
    };
  }

  async #openMixed(task: TaskToRun): Promise<TaskSandbox> {
    const processes = await this.#processes.open(task);
    const published = publishedPorts(
      task.containers.filter((container) => !isFolder(container)),
      (name, port) =>
        processes.bindings(name).find(({ containerPort }) => containerPort === port)?.hostPort,
    );
    const written = new Set(
      task.containers.filter(isFolder).flatMap(({ mountPoints }) => mountPoints),
    );
    const shared = new Set(Array.from(written, ({ sourceVolume }) => sourceVolume));
    const engineTask = this.#engineTask(task, published, (volume) =>
      shared.has(volume) ? this.#processes.volumeFolder(task.id, volume) : undefined,
    );
    return {
      address: processes.address,
      bindings: processes.bindings,
      pull: (name) => {
        const container = containerOf(task, name);
        return isFolder(container) ? processes.pull(name) : engineTask.pull(container);
      },
      start: (name, onOutput) => {
        const container = containerOf(task, name);
        return isFolder(container)
          ? processes.start(name, onOutput)
          : engineTask.start(container, onOutput);
      },
      remove: async () => {
        await engineTask.remove();
        await processes.remove();
      },
    };
  }

  #engineTask(
    task: TaskToRun,
    published: readonly PublishedPort[],
    folderOf: (volume: string) => string | undefined,
  ): EngineTask {
    return new EngineTask({
      stack: this.#engine,
      task,
      published,
      isOurs: this.#isOurs,
      folderOf,
    });
  }

  /** The router and the loader: the one image that is both, a folder and an image of the engine. */
  #isOurs = ({ image }: Pick<ContainerDefinition, 'image'>): boolean => image === this.#routerImage;
}

function isFolder({ image }: Pick<ContainerDefinition, 'image'>): boolean {
  return image.startsWith(IMAGE_PREFIX);
}

function publishedPorts(
  containers: readonly ContainerDefinition[],
  hostPortOf: (container: string, port: number) => number | undefined,
): PublishedPort[] {
  return containers.flatMap(({ name, portMappings }) =>
    portMappings.map(({ containerPort }) => ({
      container: name,
      containerPort,
      hostPort: hostPortOf(name, containerPort),
    })),
  );
}
