import type Docker from 'dockerode';
import type { NetworkBinding } from '../records.ts';
import type { OutputSink, RunningContainer, TaskToRun } from '../runtime.ts';
import type { ContainerDefinition } from '../task-definition.ts';
import { containerOptions } from './container-options.ts';
import { EngineContainer } from './engine-container.ts';
import { bounded, engineWords } from './engine-error.ts';
import type { EngineStack } from './engine-stack.ts';
import { labelsOf, removeAllOf } from './labels.ts';
import { type PublishedPort, TaskNetwork } from './task-network.ts';

export interface EngineTaskOptions {
  readonly stack: EngineStack;
  readonly task: TaskToRun;
  readonly published: readonly PublishedPort[];
  /** Whether the container's image is the router's, which is built here. */
  readonly isOurs: (container: ContainerDefinition) => boolean;
  /** The folder that stands for a volume, or undefined: then it is a volume of the engine. */
  readonly folderOf: (volume: string) => string | undefined;
}

/** What a task has in the engine: a network namespace, volumes, containers. */
export class EngineTask {
  readonly #options: EngineTaskOptions;
  readonly #running = new Set<RunningContainer>();
  #network: Promise<TaskNetwork> | undefined;
  #bindings: ReadonlyMap<string, readonly NetworkBinding[]> = new Map();
  #wasUsed = false;

  constructor(options: EngineTaskOptions) {
    this.#options = options;
  }

  /** Known once a container was started. */
  bindings(container: string): readonly NetworkBinding[] {
    return this.#bindings.get(container) ?? [];
  }

  async pull(container: ContainerDefinition): Promise<void> {
    const { isOurs, stack } = this.#options;
    const cannotPull = (what: string) => (cause: unknown) => {
      throw new Error(`CannotPullContainerError: ${what}${engineWords(cause)}`, { cause });
    };
    if (!isOurs(container)) {
      const { image } = container;
      await stack
        .connected()
        .then(({ images }) => images.ensure(image))
        .catch(cannotPull(`image ${image}: `));
    }
    // Whatever the stages are, the router's image holds their network.
    await stack.routerImage().catch(cannotPull(''));
  }

  async start(container: ContainerDefinition, onOutput: OutputSink): Promise<RunningContainer> {
    const created = await this.#create(container).catch((cause: Error) => {
      throw new Error(`CannotCreateContainerError: ${container.name}: ${engineWords(cause)}`, {
        cause,
      });
    });
    const { report, timers } = this.#options.stack.options;
    const { docker } = await this.#options.stack.connected();
    try {
      const options = { docker, container: created, onOutput, timers, report };
      const running = await EngineContainer.start(options);
      this.#running.add(running);
      void running.exited.then(() => this.#running.delete(running));
      return running;
    } catch (cause) {
      throw new Error(`CannotStartContainerError: ${container.name}: ${engineWords(cause)}`, {
        cause,
      });
    }
  }

  /** Everything of the task, also what a start that failed halfway has made. */
  async remove(): Promise<void> {
    if (!this.#wasUsed) return;
    const { stack, task } = this.#options;
    const network = await this.#network?.catch(() => undefined);
    network?.leave();
    await removeAllOf((await stack.connected()).docker, stack.options.dir, task.id);
  }

  async #create(container: ContainerDefinition): Promise<Docker.Container> {
    const { folderOf, isOurs, stack, task } = this.#options;
    const { cpus, docker } = await stack.connected();
    this.#wasUsed = true;
    this.#network ??= this.#openNetwork();
    const network = await this.#network;
    const labels = labelsOf(stack.options.dir, task.id);
    for (const { sourceVolume } of container.mountPoints) {
      if (folderOf(sourceVolume) !== undefined) continue;
      // Making it again changes nothing.
      const Name = this.#nameOf(sourceVolume);
      await docker.createVolume({ Name, Labels: labels, ...bounded() });
    }
    return await docker.createContainer({
      ...containerOptions({
        container,
        taskCpu: task.cpu,
        taskMemory: task.memory,
        engineCpus: cpus,
        image: isOurs(container) ? await stack.routerImage() : container.image,
        name: this.#nameOf(container.name),
        labels,
        holder: network.holder,
        platform: this.#platform(),
        mountOf: (volume) => {
          const folder = folderOf(volume);
          return folder === undefined
            ? { Type: 'volume', Source: this.#nameOf(volume) }
            : { Type: 'bind', Source: folder };
        },
      }),
      ...bounded(),
    });
  }

  async #openNetwork(): Promise<TaskNetwork> {
    const { published, stack, task } = this.#options;
    const { docker } = await stack.connected();
    const network = await TaskNetwork.open({
      docker,
      image: await stack.routerImage(),
      name: this.#nameOf('network'),
      labels: labelsOf(stack.options.dir, task.id),
      reached: this.#reachedPorts(),
      published,
      onLost: (why) => {
        stack.options.report(`task ${task.id} lost its network: ${why}`);
        for (const container of this.#running) container.stop(0);
      },
    });
    this.#bindings = network.bindings;
    return network;
  }

  /** As for a process: the relay makes the machine's loopback the task's own. */
  #platform(): Record<string, string | undefined> {
    const { credentialsUri, s3Endpoint } = this.#options.stack.options;
    const { id, roleArn } = this.#options.task;
    return {
      AWS_ENDPOINT_URL_S3: s3Endpoint,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: roleArn === undefined ? undefined : credentialsUri(id),
    };
  }

  /** What the platform names, and what our own containers are told besides: the batch worker's table. */
  #reachedPorts(): number[] {
    const { isOurs, task } = this.#options;
    const told = task.containers
      .filter(isOurs)
      .flatMap(({ environment }) => environment)
      .filter(({ name }) => name.startsWith('AWS_ENDPOINT_URL'))
      .map(({ value }) => value);
    const urls = [...Object.values(this.#platform()), ...told];
    return [...new Set(urls.flatMap((url) => portOf(url) ?? []))];
  }

  #nameOf(part: string): string {
    return `headrace-${this.#options.task.id.slice(0, 12)}-${part}`;
  }
}

function portOf(value: string | undefined): number | undefined {
  const port = value !== undefined && URL.canParse(value) ? new URL(value).port : '';
  return port === '' ? undefined : Number(port);
}
