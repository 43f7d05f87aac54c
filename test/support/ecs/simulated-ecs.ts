import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Service, Task } from '@aws-sdk/client-ecs';
import { Arns } from '../../../src/local/ecs/arns.ts';
import { Ecs } from '../../../src/local/ecs/ecs.ts';
import type { EcsEvent } from '../../../src/local/ecs/events.ts';
import { Faults } from '../../../src/local/ecs/faults.ts';
import { ecsOperations } from '../../../src/local/ecs/operations.ts';
import { LogStore } from '../../../src/local/logs/index.ts';
import { type ImageScript, SimulatedRuntime } from './simulated-runtime.ts';
import { VirtualTime } from './virtual-time.ts';

/** For tests: the stand-in without HTTP, without processes and in virtual time. */
export class SimulatedEcs {
  readonly time = new VirtualTime();
  readonly faults = new Faults();
  readonly events: EcsEvent[] = [];
  readonly problems: string[] = [];
  readonly scripts: Record<string, ImageScript> = {};
  readonly runtime: SimulatedRuntime;
  readonly logs: LogStore;
  readonly ecs: Ecs;
  readonly #dir = mkdtempSync(join(tmpdir(), 'simulated-ecs-'));

  constructor() {
    const { events, faults, problems, scripts, time } = this;
    const report = (problem: string): number => problems.push(problem);
    this.runtime = new SimulatedRuntime({
      clock: time,
      timers: time,
      scriptOf: (image) => scripts[image] ?? {},
    });
    this.logs = new LogStore({ dir: this.#dir, clock: time, report });
    this.ecs = new Ecs({
      region: 'us-east-1',
      account: '000000000000',
      arns: new Arns('us-east-1', '000000000000'),
      clock: time,
      timers: time,
      runtime: this.runtime,
      logs: this.logs,
      emit: (event) => {
        events.push(event);
      },
      faults,
      report,
    });
    this.call('CreateCluster');
  }

  /** Throws what the operation throws. The caller says what comes back; times are epoch seconds. */
  call<Output = unknown>(operation: string, input: unknown = {}): Output {
    this.ecs.forgetOld();
    const run = ecsOperations[operation];
    if (run === undefined) throw new Error(`no operation ${operation}`);
    return run(this.ecs, input) as Output;
  }

  /** Registers `family` with one essential container `app`, or with the containers given. */
  register(family: string, containers: readonly object[] = [{}]): void {
    this.call('RegisterTaskDefinition', {
      family,
      networkMode: 'awsvpc',
      containerDefinitions: containers.map((container) => ({
        name: 'app',
        image: 'app',
        ...container,
      })),
    });
  }

  createService(serviceName: string, desiredCount: number, more: object = {}): void {
    this.call('CreateService', { serviceName, desiredCount, taskDefinition: 'app', ...more });
  }

  service(name: string): Service {
    const { services = [] } = this.call<{ services?: Service[] }>('DescribeServices', {
      services: [name],
    });
    if (services[0] === undefined) throw new Error(`no service ${name}`);
    return services[0];
  }

  /** Of one service, or all; of the wanted ones, or the stopped ones. */
  tasks(serviceName?: string, desiredStatus = 'RUNNING'): Task[] {
    const { taskArns } = this.call<{ taskArns: string[] }>('ListTasks', {
      serviceName,
      desiredStatus,
    });
    return taskArns.length === 0
      ? []
      : this.call<{ tasks: Task[] }>('DescribeTasks', { tasks: taskArns }).tasks;
  }

  async close(): Promise<void> {
    const closing = this.ecs.close(0);
    await this.time.advance(1000);
    await closing;
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
