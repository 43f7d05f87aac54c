import { newDeploymentId } from './arns.ts';
import type { EcsOptions } from './ecs-options.ts';
import { emitSafely } from './events.ts';
import { planService, restartDelayMs, type TaskToStop, UNHEALTHY_REASON } from './plan-service.ts';
import type { ServiceRecord, TaskDefinitionRecord, TaskRecord } from './records.ts';
import type { State } from './state.ts';
import type { TaskSupervisor } from './task-supervisor.ts';

const MOST_EVENTS = 100;
/** A task that lives longer than this did not die of how it starts. */
const STABLE_MS = 10_000;

/** Keeps every service's tasks as its record wants them, one look at a time. */
export class ServiceScheduler {
  readonly #options: EcsOptions;
  readonly #state: State;
  readonly #tasks: TaskSupervisor;
  readonly #woken = new Set<string>();
  readonly #timers = new Map<string, () => void>();
  #closed = false;

  constructor(options: EcsOptions, state: State, tasks: TaskSupervisor) {
    this.#options = options;
    this.#state = state;
    this.#tasks = tasks;
  }

  /** Something about the service changed: look at it soon, once, however often this is called. */
  wake(serviceArn: string): void {
    if (this.#closed || this.#woken.has(serviceArn)) return;
    this.#woken.add(serviceArn);
    queueMicrotask(() => {
      this.#woken.delete(serviceArn);
      if (!this.#closed) this.#lookSafely(serviceArn);
    });
  }

  wakeAll(): void {
    for (const service of this.#state.services.all()) {
      if (service.status !== 'INACTIVE') this.wake(service.serviceArn);
    }
  }

  /** There is room: the services that found none look again. */
  wakeUnplaced(): void {
    for (const service of this.#state.services.all()) {
      if (service.unplaced) this.wake(service.serviceArn);
    }
  }

  close(): void {
    this.#closed = true;
    for (const cancel of this.#timers.values()) cancel();
  }

  /** Counts for the restart throttle, then looks at the service again. */
  taskChanged(before: TaskRecord | undefined, after: TaskRecord): void {
    const service =
      after.serviceArn === undefined ? undefined : this.#state.services.get(after.serviceArn);
    if (service === undefined || this.#closed) return;
    try {
      if (before?.desiredStatus === 'RUNNING' && isDeath(after)) {
        const now = this.#options.clock.now();
        // A task that was healthy for a moment is no cure: a crash loop would spin without the throttle.
        const wasStable = now - (after.startedAt ?? now) >= STABLE_MS;
        const failures = wasStable ? 1 : service.failures + 1;
        const notBefore = now + restartDelayMs(failures);
        this.#put({ ...service, failures, notBefore });
      }
    } catch (error) {
      this.#options.report(`service ${service.serviceName}: ${(error as Error).message}`);
    }
    this.wake(service.serviceArn);
  }

  #lookSafely(serviceArn: string): void {
    try {
      this.#look(serviceArn);
    } catch (error) {
      this.#options.report(`service ${serviceArn}: ${(error as Error).message}`);
    }
  }

  #look(serviceArn: string): void {
    this.#timers.get(serviceArn)?.();
    this.#timers.delete(serviceArn);
    const service = this.#state.services.get(serviceArn);
    if (service === undefined || service.status === 'INACTIVE') return;
    const { clock, timers } = this.#options;
    const tasks = this.#state.tasks
      .all()
      .filter((task) => task.serviceArn === serviceArn && task.lastStatus !== 'STOPPED');

    if (service.status === 'DRAINING' && tasks.length === 0) {
      this.#put({ ...service, status: 'INACTIVE', inactiveAt: clock.now(), deployments: [] });
      return;
    }
    const plan = planService(service, tasks, clock.now());
    this.#stop(serviceArn, plan.stop);
    if (plan.start > 0) this.#start(serviceArn, plan.start);
    this.#noteSteady(serviceArn, plan.steady);
    if (plan.wakeAt !== undefined) {
      const wait = Math.max(0, plan.wakeAt - clock.now());
      this.#timers.set(
        serviceArn,
        timers.after(wait, () => this.wake(serviceArn)),
      );
    }
  }

  #stop(serviceArn: string, stops: readonly TaskToStop[]): void {
    for (const { task, why, reason } of stops) {
      const what = why === 'unhealthy' ? 'failed container health checks.' : undefined;
      if (what !== undefined) this.#note(serviceArn, `(task ${task.id}) ${what}`);
      this.#tasks.stop(task.id, 'ServiceSchedulerInitiated', reason);
    }
    if (stops.length === 0) return;
    const ids = stops.map(({ task }) => `(task ${task.id})`).join(' ');
    this.#note(serviceArn, `has stopped ${stops.length} running tasks: ${ids}.`);
  }

  #start(serviceArn: string, wanted: number): void {
    const service = this.#state.services.get(serviceArn);
    const definition = this.#state.taskDefinitions.get(service?.taskDefinition ?? '');
    if (service === undefined || definition === undefined) return;
    const placeable = Math.max(0, Math.min(wanted, this.#tasks.room()));
    this.#notePlacement(service, placeable < wanted);
    const provider = service.capacityProviderStrategy[0]?.capacityProvider;
    // A capacity provider lets tasks wait in PROVISIONING for an instance; without one they are not made.
    const count = provider === undefined ? placeable : wanted;
    if (count === 0) return;
    const started = Array.from({ length: count }, () =>
      this.#tasks.launch(taskOf(service, definition, provider)),
    );
    const ids = started.map((task) => `(task ${task.id})`).join(' ');
    this.#note(serviceArn, `has started ${count} tasks: ${ids}.`);
  }

  #notePlacement(service: ServiceRecord, unplaced: boolean): void {
    if (service.unplaced === unplaced) return;
    this.#change(service.serviceArn, { unplaced });
    if (!unplaced) return;
    this.#note(
      service.serviceArn,
      'was unable to place a task because no container instance met all of its requirements. The stand-in was told to have no room for it.',
    );
    this.#emit(service, 'ERROR', 'SERVICE_TASK_PLACEMENT_FAILURE', {
      reason: 'RESOURCE:CPU',
      desiredCount: service.desiredCount,
    });
  }

  #noteSteady(serviceArn: string, steady: boolean): void {
    const service = this.#state.services.get(serviceArn);
    if (service === undefined || service.steady === steady) return;
    // The older deployments are over once only tasks of the primary one are left.
    const deployments = steady
      ? service.deployments.filter(({ status }) => status === 'PRIMARY')
      : service.deployments;
    this.#change(serviceArn, { steady, deployments });
    if (!steady) return;
    this.#note(serviceArn, 'has reached a steady state.');
    this.#emit(service, 'INFO', 'SERVICE_STEADY_STATE', {});
  }

  #note(serviceArn: string, what: string): void {
    const service = this.#state.services.get(serviceArn);
    if (service === undefined) return;
    const event = {
      id: crypto.randomUUID(),
      createdAt: this.#options.clock.now(),
      message: `(service ${service.serviceName}) ${what}`,
    };
    this.#change(serviceArn, { events: [event, ...service.events].slice(0, MOST_EVENTS) });
  }

  #emit(
    service: ServiceRecord,
    eventType: 'INFO' | 'ERROR',
    eventName: string,
    more: Record<string, unknown>,
  ): void {
    const { account, clock, emit, region, report } = this.#options;
    const time = new Date(clock.now()).toISOString();
    const event = {
      version: '0' as const,
      id: crypto.randomUUID(),
      'detail-type': 'ECS Service Action' as const,
      source: 'aws.ecs' as const,
      account,
      time,
      region,
      resources: [service.serviceArn],
      detail: { eventType, eventName, clusterArn: service.clusterArn, createdAt: time, ...more },
    };
    emitSafely(emit, event, report);
  }

  #change(serviceArn: string, change: Partial<ServiceRecord>): void {
    const service = this.#state.services.get(serviceArn);
    if (service !== undefined) this.#put({ ...service, ...change });
  }

  #put(service: ServiceRecord): void {
    this.#state.services.put(service.serviceArn, service);
  }
}

/** A death that the restart throttle counts: not what a user or a change of scale asked for. */
function isDeath(task: TaskRecord): boolean {
  return (
    task.desiredStatus === 'STOPPED' &&
    task.stopCode !== 'UserInitiated' &&
    task.stopCode !== 'TerminationNotice' &&
    (task.stopCode !== 'ServiceSchedulerInitiated' || task.stoppedReason === UNHEALTHY_REASON)
  );
}

function taskOf(
  service: ServiceRecord,
  definition: TaskDefinitionRecord,
  provider: string | undefined,
) {
  const primary = service.deployments.find(({ status }) => status === 'PRIMARY');
  const tags = { SERVICE: service.tags, TASK_DEFINITION: definition.tags }[
    service.propagateTags ?? ''
  ];
  return {
    clusterArn: service.clusterArn,
    definition,
    group: `service:${service.serviceName}`,
    startedBy: primary?.id,
    serviceArn: service.serviceArn,
    launchType: provider === undefined ? (service.launchType ?? 'EC2') : undefined,
    capacityProviderName: provider,
    overrides: {},
    tags: tags ?? [],
  };
}

/** `service` with a new primary deployment of its task definition beside the ones under way. */
export function withNewDeployment(service: ServiceRecord, now: number): ServiceRecord {
  const primary = {
    id: newDeploymentId(),
    status: 'PRIMARY' as const,
    taskDefinition: service.taskDefinition,
    createdAt: now,
    updatedAt: now,
  };
  const older = service.deployments.map((deployment) => ({
    ...deployment,
    status: 'ACTIVE' as const,
  }));
  return { ...service, deployments: [primary, ...older], steady: false, failures: 0, notBefore: 0 };
}
