import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateClusterCommand,
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  RunTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs';
import {
  type RunningEcs,
  type StartEcsOptions,
  startEcs,
} from '../../../src/local/ecs/start-ecs.ts';

const CLIENT = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
};
const PATIENCE_MS = 20_000;

type Container = NonNullable<RegisterTaskDefinitionCommandInput['containerDefinitions']>[number];

/** For tests: the stand-in as it is used, over the wire, in a folder of its own. */
export class RealEcs {
  readonly dir = mkdtempSync(join(tmpdir(), 'ecs-'));
  readonly #closers: (() => Promise<void>)[] = [];

  async start(options: Partial<StartEcsOptions> = {}): Promise<RunningEcs> {
    const ecs = await startEcs({
      dataDir: join(this.dir, 'data'),
      baseDir: this.dir,
      environment: { PATH: process.env.PATH },
      ...options,
    });
    this.#closers.push(ecs.close);
    await this.client(ecs).send(new CreateClusterCommand({}));
    return ecs;
  }

  client(ecs: { endpoint: string }): ECSClient {
    return new ECSClient({ ...CLIENT, endpoint: ecs.endpoint, maxAttempts: 1 });
  }

  logsClient(ecs: { endpoint: string }): CloudWatchLogsClient {
    return new CloudWatchLogsClient({ ...CLIENT, endpoint: ecs.endpoint, maxAttempts: 1 });
  }

  /** A folder with an executable `serve`: its image is `file:<name>`. */
  image(name: string, script: string): string {
    const folder = join(this.dir, name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'serve'), script);
    chmodSync(join(folder, 'serve'), 0o755);
    return `file:${name}`;
  }

  async register(
    ecs: RunningEcs,
    containers: Partial<Container>[],
    more: Partial<RegisterTaskDefinitionCommandInput> = {},
  ): Promise<void> {
    await this.client(ecs).send(
      new RegisterTaskDefinitionCommand({
        family: 'app',
        networkMode: 'awsvpc',
        containerDefinitions: containers.map((one) => ({
          name: 'app',
          command: ['serve'],
          ...one,
        })),
        ...more,
      }),
    );
  }

  async run(ecs: RunningEcs): Promise<string> {
    const { tasks } = await this.client(ecs).send(new RunTaskCommand({ taskDefinition: 'app' }));
    return tasks?.[0]?.taskArn ?? '';
  }

  async task(ecs: RunningEcs, arn: string): Promise<Task> {
    const { tasks } = await this.client(ecs).send(new DescribeTasksCommand({ tasks: [arn] }));
    if (tasks?.[0] === undefined) throw new Error(`no task ${arn}`);
    return tasks[0];
  }

  async untilTask(ecs: RunningEcs, arn: string, is: (task: Task) => boolean): Promise<Task> {
    return until(async () => {
      const task = await this.task(ecs, arn);
      return is(task) ? task : undefined;
    });
  }

  async close(): Promise<void> {
    for (const close of this.#closers) await close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Looks until there is something. Rejects when there is nothing after a long while. */
export async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`nothing after ${PATIENCE_MS} ms: ${look}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
