import * as cloudwatchModule from '@aws-sdk/client-cloudwatch';
import * as logsModule from '@aws-sdk/client-cloudwatch-logs';
import * as ecsModule from '@aws-sdk/client-ecs';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Clients } from '../../src/aws/clients.ts';
import { Table } from '../../src/aws/table.ts';
import type { EndpointRecord } from '../../src/endpoints/endpoint-record.ts';
import type { AlarmState } from '../../src/endpoints/plan-result.ts';
import { type Reconciler, reconcile } from '../../src/endpoints/reconcile.ts';
import { endpointToWake } from '../../src/endpoints/wake-message.ts';
import type { StateChange } from '../../src/events/state-change.ts';
import { AwsError, logsOperations } from '../../src/local/logs/index.ts';
import { OPERATIONS } from '../../src/operations.ts';
import type { Services } from '../../src/protocol/operation.ts';
import { testConfig } from './config.ts';
import { SimulatedEcs } from './ecs/simulated-ecs.ts';
import { MemoryDynamoDB } from './memory-dynamodb.ts';

/** Runs around each outside call, whose effect `send` has. */
export type AroundCall = <T>(send: () => Promise<T>) => Promise<T>;

export interface SimulatedProcess extends Reconciler {
  wakeTransformJob: () => Promise<void>;
  services: Services;
}

const SWEEP_MS = 60_000;

/**
 * The control plane as it is, on an ECS that is simulated in virtual time and a table in memory: no
 * sockets, no waiting. The queue delivers late when it is told to, and every message at least once.
 */
export class SimulatedPlane {
  /** The account; several planes, each a stack of its own, may share one. */
  readonly ecs: SimulatedEcs;
  readonly stack: string;
  readonly dynamodb = new MemoryDynamoDB();
  readonly alarms: Record<string, AlarmState> = {};
  isCloudWatchDown = false;
  isBusDown = false;
  /** What the event bus has. */
  readonly told: StateChange[] = [];
  /** Lists of ECS are eventually consistent: those of this name lag so far behind that they are empty. */
  laggingLists: RegExp | undefined;
  readonly queue: { endpoint: string; dueAt: number }[] = [];
  #ids = 0;
  #seen = 0;

  constructor({ stack = 'headrace', ecs = new SimulatedEcs() } = {}) {
    this.stack = stack;
    this.ecs = ecs;
  }

  get now(): number {
    return this.ecs.time.now();
  }

  async open(): Promise<void> {
    this.ecs.call('CreateCluster', { clusterName: this.stack });
  }

  close(): Promise<void> {
    return this.ecs.close();
  }

  /** A process of the control plane. `around` sees every call it makes to the outside. */
  start(around: AroundCall = (send) => send()): SimulatedProcess {
    const config = { ...testConfig, stack: this.stack, cluster: this.stack };
    const clients = this.#clients(around);
    const newId = () => `id${++this.#ids}`;
    const table = new Table(clients.dynamodb, config.table, newId);
    const clock = this.ecs.time;
    const wake = (endpoint: string, delaySeconds = 0) =>
      around(async () => {
        this.queue.push({ endpoint, dueAt: this.now + delaySeconds * 1000 });
      });
    const wakeTransformJob = async () => undefined;
    const tell = (changes: StateChange[]) =>
      around(async () => {
        if (this.isBusDown) return false;
        this.told.push(...changes);
        return true;
      });
    const services = { config, table, clock, newId, wake, wakeTransformJob };
    return { config, clients, table, clock, wake, wakeTransformJob, tell, services };
  }

  async call(
    process: SimulatedProcess,
    name: string,
    members: object,
  ): Promise<object | undefined> {
    const operation = OPERATIONS.get(name);
    if (operation === undefined) throw new Error(`${name} is no operation`);
    return operation.run(members, process.services);
  }

  /** A model of two stages, the second from the image `name`, and a configuration of one variant. */
  async define(process: SimulatedProcess, name: string, variant: object = {}): Promise<void> {
    const Containers = [{ Image: 'first' }, { Image: name }];
    await this.call(process, 'CreateModel', { ModelName: name, Containers });
    const VariantName = 'AllTraffic';
    const own = {
      VariantName,
      ModelName: name,
      InstanceType: 'ml.c5.large',
      InitialInstanceCount: 1,
    };
    await this.call(process, 'CreateEndpointConfig', {
      EndpointConfigName: name,
      ProductionVariants: [{ ...own, ...variant }],
    });
  }

  /** An endpoint `name` that runs the configuration, and is in service. */
  async serve(process: SimulatedProcess, name: string, config: string): Promise<void> {
    await this.call(process, 'CreateEndpoint', { EndpointName: name, EndpointConfigName: config });
    await this.run(process, () => this.record(name)?.status === 'InService');
  }

  /** Endpoints that messages which are due speak of; ECS's events among them. */
  takeDue(): string[] {
    for (const event of this.ecs.events.slice(this.#seen)) {
      const endpoint = endpointToWake(this.stack, JSON.stringify(event));
      if (endpoint !== undefined) this.queue.push({ endpoint, dueAt: this.now });
    }
    this.#seen = this.ecs.events.length;
    const due = this.queue.filter(({ dueAt }) => dueAt <= this.now);
    for (const message of due) this.queue.splice(this.queue.indexOf(message), 1);
    return [...new Set(due.map(({ endpoint }) => endpoint))];
  }

  /** Lets virtual time pass, with a sweep every minute, until `isOver`. @throws after `limitMs` */
  async run(
    process: SimulatedProcess,
    isOver: () => boolean,
    { limitMs = 6 * 3_600_000, stepMs = 500, after = () => {} } = {},
  ): Promise<void> {
    const end = this.now + limitMs;
    let sweepAt = this.now + SWEEP_MS;
    while (!isOver()) {
      if (this.now > end) throw new Error(`not over after ${limitMs / 1000} s of virtual time`);
      for (const endpoint of this.takeDue()) {
        await reconcile(endpoint, process);
        after();
      }
      if (isOver()) return;
      const next = Math.min(sweepAt, this.now + stepMs, ...this.queue.map(({ dueAt }) => dueAt));
      await this.ecs.time.advance(Math.max(1, next - this.now));
      if (this.now >= sweepAt) {
        for (const endpoint of this.endpoints()) this.queue.push({ endpoint, dueAt: this.now });
        sweepAt = this.now + SWEEP_MS;
      }
    }
  }

  /** What the sweep finds: names with a record, a deployment or a fleet. */
  endpoints(): string[] {
    const { families } = this.ecs.call<{ families: string[] }>('ListTaskDefinitionFamilies', {
      status: 'ALL',
    });
    const recorded = [...this.dynamodb.items.values()].flatMap(({ pk, name }) =>
      String(pk).startsWith('endpoint/') ? [String(name)] : [],
    );
    const logged = this.ecs.logs.groups().flatMap(({ name }) => name.split('/').at(-1) ?? []);
    const fleets = families.flatMap((family) => family.split('_')[1] ?? []);
    return [...new Set([...recorded, ...fleets, ...logged])];
  }

  record(name: string): EndpointRecord | undefined {
    return this.dynamodb.items.get(JSON.stringify([`endpoint/${name}`, 'endpoint'])) as
      | EndpointRecord
      | undefined;
  }

  /** Of the route's targets, those that run and are healthy at this moment, by variant. */
  serving(name: string): Record<string, number> {
    const counts: Record<string, number> = {};
    const alive = new Set(this.healthyTasks());
    for (const variant of this.record(name)?.route?.variants ?? []) {
      const healthy = variant.targets.filter(({ task }) => alive.has(task)).length;
      counts[variant.name] = (counts[variant.name] ?? 0) + healthy;
    }
    return counts;
  }

  /** Ids of the healthy tasks, of one generation or of all. */
  healthyTasks(generation = ''): string[] {
    return this.#tasks()
      .filter(({ lastStatus, healthStatus, group = '' }) => {
        return lastStatus === 'RUNNING' && healthStatus === 'HEALTHY' && group.endsWith(generation);
      })
      .map(({ taskArn = '' }) => taskArn.split('/').at(-1) ?? '');
  }

  #tasks(): ecsModule.Task[] {
    const { taskArns } = this.ecs.call<{ taskArns: string[] }>('ListTasks', {
      cluster: this.stack,
    });
    if (taskArns.length === 0) return [];
    const input = { cluster: this.stack, tasks: taskArns };
    return this.ecs.call<{ tasks: ecsModule.Task[] }>('DescribeTasks', input).tasks;
  }

  /** Services, running tasks, task definitions, log groups and items that bear an endpoint's name. */
  leftovers(name: string): string[] {
    const list = <K extends string>(operation: string, key: K, input: object = {}) =>
      this.ecs.call<Record<K, string[]>>(operation, { cluster: this.stack, ...input })[key];
    return [
      ...list('ListServices', 'serviceArns', { maxResults: 100 }),
      ...(['ACTIVE', 'INACTIVE'] as const).flatMap((status) =>
        list('ListTaskDefinitions', 'taskDefinitionArns', { status }),
      ),
    ]
      .filter((arn) => arn.includes(`_${name}_`))
      .concat(this.#tasks().flatMap(({ group = '' }) => (group.includes(`_${name}_`) ? group : [])))
      .concat(
        this.ecs.logs.groups().flatMap((one) => (one.name.endsWith(`/${name}`) ? one.name : [])),
      )
      .concat([...this.dynamodb.items.keys()].filter((key) => key.includes(`"endpoint/${name}"`)));
  }

  #clients(around: AroundCall): Clients {
    const context = {
      store: this.ecs.logs,
      clock: this.ecs.time,
      region: 'us-east-1',
      account: '000000000000',
    };
    return {
      dynamodb: this.dynamodb.client(around),
      ecs: inProcess(ecsModule.ECSClient, ecsModule, around, async (operation, input) =>
        this.laggingLists?.test(operation) ? {} : withDates(this.ecs.call(operation, input)),
      ),
      logs: inProcess(
        logsModule.CloudWatchLogsClient,
        logsModule,
        around,
        async (operation, input) => logsOperations[operation]?.(context, input),
      ),
      cloudwatch: inProcess(
        cloudwatchModule.CloudWatchClient,
        cloudwatchModule,
        around,
        async (_, input) => ({ MetricAlarms: this.#describeAlarms(input) }),
      ),
      sqs: {} as SQSClient,
    };
  }

  #describeAlarms(input: { AlarmNames?: string[] }) {
    if (this.isCloudWatchDown) throw new Error('CloudWatch is down');
    return (input.AlarmNames ?? []).flatMap((AlarmName) => {
      const StateValue = this.alarms[AlarmName];
      return StateValue === undefined ? [] : [{ AlarmName, StateValue }];
    });
  }
}

/** A client of the SDK's own class whose commands run in this process; errors are the SDK's own. */
function inProcess<C extends object>(
  Client: { prototype: C },
  module: object,
  around: AroundCall,
  run: (operation: string, input: object) => Promise<unknown>,
): C {
  const send = (command: { constructor: { name: string }; input: object }) =>
    around(async () => {
      const operation = command.constructor.name.replace(/Command$/, '');
      try {
        return structuredClone(await run(operation, structuredClone(command.input)));
      } catch (error) {
        throw error instanceof AwsError ? asSdkError(module, error) : error;
      }
    });
  return Object.assign(Object.create(Client.prototype) as C, { send });
}

function asSdkError(module: object, { code, message }: AwsError): Error {
  const ErrorClass: unknown = Reflect.get(module, code);
  const Base: unknown = Reflect.get(module, 'ECSServiceException') ?? Error;
  const details = { name: code, message, $metadata: {}, $fault: 'client' as const };
  const Chosen = (ErrorClass ?? Base) as new (details: object) => Error;
  return new Chosen(details);
}

const TIMES = ['createdAt', 'startedAt', 'stoppingAt', 'stoppedAt'];

/** Times are epoch seconds on the wire, and Dates behind the SDK. */
function withDates(body: unknown): unknown {
  const { tasks } = body as { tasks?: Record<string, unknown>[] };
  if (tasks === undefined) return body;
  const dated = tasks.map((task) => {
    const times = TIMES.filter((name) => typeof task[name] === 'number').map((name) => [
      name,
      new Date(Number(task[name]) * 1000),
    ]);
    return { ...task, ...Object.fromEntries(times) };
  });
  return { ...(body as object), tasks: dated };
}
