import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { type Clock, systemClock } from '../../aws/clock.ts';
import type { CloudWatch } from '../cloudwatch/index.ts';
import type { EventStore } from '../eventbridge/index.ts';
import { LogStore } from '../logs/index.ts';
import type { Parameters } from '../ssm/index.ts';
import { Arns, lastPart } from './arns.ts';
import { dispatch } from './dispatch.ts';
import { Ecs } from './ecs.ts';
import type { Emit } from './events.ts';
import { Faults } from './faults.ts';
import { createHttpServer } from './http-server.ts';
import { ProcessRuntime, type ProcessRuntimeOptions } from './process-runtime.ts';
import type { ContainerRuntime } from './runtime.ts';
import { taskCredentials } from './task-credentials.ts';
import { systemTimers, type Timers } from './timers.ts';

/** How long tasks have for their SIGTERM when the stand-in itself goes. */
const CLOSE_GRACE_MS = 3000;

/** What a runtime gets: all that running containers as processes needs, and the time. */
export interface RuntimeContext extends ProcessRuntimeOptions {
  readonly clock: Clock;
}

export interface StartEcsOptions {
  /** 0 for any free one, which is the default. */
  readonly port?: number;
  readonly host?: string;
  /** Records lie in `<dataDir>/ecs`, logs in `<dataDir>/logs`. One stand-in at a time per folder. */
  readonly dataDir: string;
  readonly clock?: Clock;
  readonly timers?: Timers;
  readonly region?: string;
  readonly account?: string;
  /** What relative `file:` images are relative to. Default: dataDir. */
  readonly baseDir?: string;
  /** PATH, HOME, LANG and TMPDIR of it are handed to containers. Pass process.env. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What containers get as AWS_ENDPOINT_URL_S3. */
  readonly s3Endpoint?: string;
  readonly emit?: Emit;
  /** Served on the same port. */
  readonly cloudwatch?: CloudWatch;
  /** SSM's, served on the same port. */
  readonly parameters?: Parameters;
  /** Where what is put on the event bus is kept; the bus is served on the same port. */
  readonly events?: EventStore;
  /** Default: containers are processes. */
  readonly runtime?: (context: RuntimeContext) => ContainerRuntime;
  readonly faults?: Faults;
  /** Takes a line about what went wrong and did not stop the stand-in. Default: stderr. */
  readonly report?: (problem: string) => void;
}

export interface RunningEcs {
  readonly port: number;
  readonly endpoint: string;
  readonly faults: Faults;
  /** A fault: SIGKILL for every process of the task. */
  killTask(idOrArn: string): void;
  /** Stops every process and frees the port. The records stay: the next start brings services up again. */
  close(): Promise<void>;
}

/**
 * Starts the stand-in for Amazon ECS and CloudWatch Logs. It listens before it touches the folder, and
 * answers once what an earlier life left has been ended.
 *
 * Rejects with EADDRINUSE when the port is taken, and when the records cannot be read.
 */
export async function startEcs(options: StartEcsOptions): Promise<RunningEcs> {
  const {
    account = '000000000000',
    clock = systemClock,
    dataDir: givenDataDir,
    emit = () => undefined,
    faults = new Faults(),
    host = '127.0.0.1',
    region = 'us-east-1',
    report = (problem) => process.stderr.write(`ecs: ${problem}\n`),
    timers = systemTimers,
  } = options;
  // Tasks run in folders of their own: a relative path would mean something else to them.
  const dataDir = resolve(givenDataDir);
  const ready = Promise.withResolvers<{ ecs: Ecs; logs: LogStore }>();
  const server = createHttpServer({
    operation: async (target, input) => {
      const { ecs, logs } = await ready.promise;
      const services = {
        ecs,
        logs: { store: logs, clock, region, account },
        cloudwatch: options.cloudwatch,
        eventBridge: options.events && { store: options.events, clock, region, account },
        ssm: options.parameters && { parameters: options.parameters, clock, region, account },
      };
      return dispatch(services, target, input);
    },
    credentials: async (taskId) => taskCredentials((await ready.promise).ecs, taskId),
    imageLabels: async (image) => (await ready.promise).ecs.options.runtime.labelsOf?.(image),
    report,
  });
  server.listen(options.port ?? 0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://${host}:${port}`;
  const closeServer = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };

  let ecs: Ecs | undefined;
  try {
    const logs = new LogStore({
      dir: join(dataDir, 'logs'),
      clock,
      report,
      onLine: (line) => options.cloudwatch?.takeEmbedded(line),
    });
    const dir = join(dataDir, 'ecs');
    const context = {
      clock,
      timers,
      dir,
      baseDir: resolve(options.baseDir ?? dataDir),
      environment: options.environment,
      s3Endpoint: options.s3Endpoint,
      credentialsUri: (taskId: string) => `${endpoint}/credentials/${taskId}`,
      report,
    };
    const runtime = options.runtime?.(context) ?? new ProcessRuntime(context);
    ecs = new Ecs({
      region,
      account,
      arns: new Arns(region, account),
      clock,
      timers,
      runtime,
      logs,
      emit,
      faults,
      report,
      stateFile: join(dir, 'records.jsonl'),
    });
    await ecs.recover();
    ready.resolve({ ecs, logs });
  } catch (error) {
    await ecs?.close(0);
    await closeServer();
    throw error;
  }
  const started = ecs;
  let closing: Promise<void> | undefined;
  // The port stays taken until the last process is gone: the next stand-in must not come before.
  const close = async (): Promise<void> => {
    await started.close(CLOSE_GRACE_MS);
    await closeServer();
  };
  return {
    port,
    endpoint,
    faults,
    killTask: (idOrArn) => started.tasks.kill(lastPart(idOrArn)),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
