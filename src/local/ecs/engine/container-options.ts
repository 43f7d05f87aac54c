import type Docker from 'dockerode';
import type { ContainerDefinition } from '../task-definition.ts';

const MIB = 1024 * 1024;
const ECS_CPU_UNITS = 1024;
/** The engine keeps the last output too, for `docker logs`; ours is the log that counts. */
const LOGS = { Type: 'json-file', Config: { 'max-size': '10m' } };

/** What one container of a task is given in the engine. */
export interface ContainerParts {
  readonly container: ContainerDefinition;
  /** Of the task definition: ECS units (1024 a vCPU) and MiB; undefined for no limit. */
  readonly taskCpu: number | undefined;
  readonly taskMemory: number | undefined;
  /** The engine refuses more than it has. */
  readonly engineCpus: number;
  readonly image: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The container whose network namespace the task shares. */
  readonly holder: string;
  /** Variables of the platform; those of the definition go before them. */
  readonly platform: Readonly<Record<string, string | undefined>>;
  /** What a volume of the task is in the engine. */
  readonly mountOf: (volume: string) => Pick<Docker.MountSettings, 'Type' | 'Source'>;
}

/**
 * A container definition in the engine's words, as the ECS agent writes it. A task's limits bound each
 * container here: an engine has nothing that bounds several together.
 */
export function containerOptions(parts: ContainerParts): Docker.ContainerCreateOptions {
  const { container, holder, image, labels, mountOf, name } = parts;
  const memory = smallest(container.memory, parts.taskMemory);
  return {
    name,
    Image: image,
    Cmd: container.command,
    Entrypoint: container.entryPoint,
    WorkingDir: container.workingDirectory,
    User: container.user,
    Env: environmentOf(parts),
    Labels: { ...labels },
    // As ECS: only the definition's own health check counts.
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: `container:${holder}`,
      Mounts: container.mountPoints.map(({ containerPath, readOnly, sourceVolume }) => ({
        ...mountOf(sourceVolume),
        Target: containerPath,
        ReadOnly: readOnly,
      })),
      ReadonlyRootfs: container.readonlyRootFilesystem,
      LogConfig: LOGS,
      ...(memory !== undefined && { Memory: memory * MIB, MemorySwap: memory * MIB }),
      ...(parts.taskCpu !== undefined && { NanoCpus: nanoCpus(parts.taskCpu, parts.engineCpus) }),
    },
  };
}

function environmentOf({ container, platform }: ContainerParts): string[] {
  const variables = new Map<string, string>();
  for (const [name, value] of Object.entries(platform)) {
    if (value !== undefined) variables.set(name, value);
  }
  for (const { name, value } of container.environment) variables.set(name, value);
  return Array.from(variables, ([name, value]) => `${name}=${value}`);
}

function smallest(...limits: (number | undefined)[]): number | undefined {
  const given = limits.filter((limit) => limit !== undefined);
  return given.length === 0 ? undefined : Math.min(...given);
}

function nanoCpus(units: number, available: number): number {
  return Math.round(Math.min(units / ECS_CPU_UNITS, available) * 1e9);
}
