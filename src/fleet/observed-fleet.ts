import type { Task } from '@aws-sdk/client-ecs';
import { type FleetName, ROUTER_CONTAINER } from './fleet-name.ts';
import { taskId } from './observe-tasks.ts';
import { ROUTER_PORT } from './ports.ts';

/** What ECS shows of one fleet. */
export interface ObservedFleet {
  name: FleetName;
  /** ARNs of its task definitions, newest first. */
  activeDefinitions: string[];
  inactiveDefinitions: string[];
  /** undefined: none, or one that is gone (INACTIVE). */
  service: { status: 'ACTIVE' | 'DRAINING'; desiredCount: number } | undefined;
  tasks: ObservedTask[];
}

/** Times are epoch ms. */
export interface ObservedTask {
  id: string;
  /** placing: no instance yet. starting: images, model data, containers. running: all containers. */
  phase: 'placing' | 'starting' | 'running' | 'stopping' | 'stopped';
  health: 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN';
  /** host:port of the router; undefined while the task has none. */
  address: string | undefined;
  createdAt: number;
  startedAt: number | undefined;
  stoppedAt: number | undefined;
  stopCode: string | undefined;
  stoppedReason: string | undefined;
  containers: ObservedContainer[];
}

export interface ObservedContainer {
  name: string;
  exitCode: number | undefined;
  reason: string | undefined;
}

/** A task that may be given requests. */
export function isServing(task: ObservedTask): boolean {
  return task.phase === 'running' && task.health === 'HEALTHY' && task.address !== undefined;
}

export function servingIn(fleet: ObservedFleet | undefined): number {
  return fleet?.tasks.filter(isServing).length ?? 0;
}

export function observedTask(task: Task): ObservedTask {
  return {
    id: taskId(task.taskArn ?? ''),
    phase: phaseOf(task),
    health: task.healthStatus ?? 'UNKNOWN',
    address: addressOf(task),
    createdAt: task.createdAt?.getTime() ?? 0,
    startedAt: task.startedAt?.getTime(),
    stoppedAt: (task.stoppingAt ?? task.stoppedAt)?.getTime(),
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    containers: (task.containers ?? []).map(({ name, exitCode, reason }) => ({
      name: name ?? '',
      exitCode,
      reason,
    })),
  };
}

function phaseOf({ lastStatus, desiredStatus }: Task): ObservedTask['phase'] {
  if (lastStatus === 'STOPPED') return 'stopped';
  if (desiredStatus === 'STOPPED') return 'stopping';
  if (lastStatus === 'PROVISIONING') return 'placing';
  return lastStatus === 'RUNNING' ? 'running' : 'starting';
}

/** The task's own address; where its ports are mapped (as on a laptop), the port on the host. */
function addressOf(task: Task): string | undefined {
  const router = task.containers?.find(({ name }) => name === ROUTER_CONTAINER);
  const binding = router?.networkBindings?.find(
    ({ containerPort }) => containerPort === ROUTER_PORT,
  );
  const host = router?.networkInterfaces?.[0]?.privateIpv4Address;
  return host === undefined ? undefined : `${host}:${binding?.hostPort ?? ROUTER_PORT}`;
}
