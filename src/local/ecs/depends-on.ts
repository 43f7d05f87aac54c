import type { HealthStatus } from './records.ts';
import type { ContainerDefinition } from './task-definition.ts';

/** What the order of containers depends on. */
export interface ContainerProgress {
  readonly phase: 'waiting' | 'starting' | 'running' | 'stopped';
  readonly exitCode: number | undefined;
  readonly healthStatus: HealthStatus;
}

export type Readiness = { readonly kind: 'ready' | 'wait' } | { kind: 'never'; reason: string };

/** Whether a container may start now, must wait, or never can. */
export function readiness(
  container: ContainerDefinition,
  progressOf: (name: string) => ContainerProgress,
): Readiness {
  let waits = false;
  for (const { containerName, condition } of container.dependsOn ?? []) {
    const target = progressOf(containerName);
    const stopped = target.phase === 'stopped';
    if (stopped && isHopeless(condition, target)) {
      return {
        kind: 'never',
        // The words of the ECS agent's dependency graph.
        reason: `dependency graph: failed to resolve container ordering dependency [${containerName}] for target [${container.name}] as dependency did not exit successfully. Exit code ${target.exitCode ?? 'none'}: see its log.`,
      };
    }
    waits ||= !isMet(condition, target);
  }
  return { kind: waits ? 'wait' : 'ready' };
}

type Condition = NonNullable<ContainerDefinition['dependsOn']>[number]['condition'];

function isMet(condition: Condition, target: ContainerProgress): boolean {
  switch (condition) {
    case 'START':
      return target.phase === 'running' || target.phase === 'stopped';
    case 'COMPLETE':
    case 'SUCCESS':
      return target.phase === 'stopped';
    case 'HEALTHY':
      return target.phase === 'running' && target.healthStatus === 'HEALTHY';
  }
}

function isHopeless(condition: Condition, stopped: ContainerProgress): boolean {
  switch (condition) {
    case 'START':
    case 'COMPLETE':
      return stopped.exitCode === undefined;
    case 'SUCCESS':
      return stopped.exitCode !== 0;
    case 'HEALTHY':
      return true;
  }
}

/** Those of the running containers that no other one still alive depends on: they are stopped first. */
export function nextToStop<Item extends { definition: ContainerDefinition; phase: string }>(
  containers: readonly Item[],
): Item[] {
  const alive = containers.filter(({ phase }) => phase === 'starting' || phase === 'running');
  return alive.filter(
    ({ phase, definition }) =>
      phase === 'running' &&
      !alive.some((other) =>
        other.definition.dependsOn?.some((target) => target.containerName === definition.name),
      ),
  );
}
