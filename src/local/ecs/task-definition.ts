import * as z from 'zod';
import { AwsError } from '../logs/index.ts';

/** The members that the stand-in acts on; every other member is kept and echoed. */

const keyValue = z.object({ name: z.string(), value: z.string().default('') });

const healthCheck = z.object({
  command: z.array(z.string()).min(1),
  interval: z.int().min(5).max(300).default(30),
  timeout: z.int().min(2).max(120).default(5),
  retries: z.int().min(1).max(10).default(3),
  startPeriod: z.int().min(0).max(300).optional(),
});

const dependency = z.object({
  containerName: z.string(),
  condition: z.enum(['START', 'COMPLETE', 'SUCCESS', 'HEALTHY']),
});

const portMapping = z.looseObject({
  containerPort: z.int().min(1).max(65_535),
  protocol: z.literal('tcp').default('tcp'),
});

const mountPoint = z.looseObject({
  sourceVolume: z.string(),
  containerPath: z.string(),
  readOnly: z.boolean().default(false),
});

const logConfiguration = z.looseObject({
  logDriver: z.string(),
  options: z.record(z.string(), z.string()).default({}),
});

const containerDefinition = z.looseObject({
  name: z.string().regex(/^[A-Za-z0-9_-]{1,255}$/),
  image: z.string().min(1),
  essential: z.boolean().default(true),
  command: z.array(z.string()).optional(),
  entryPoint: z.array(z.string()).optional(),
  workingDirectory: z.string().optional(),
  environment: z.array(keyValue).default([]),
  portMappings: z.array(portMapping).default([]),
  mountPoints: z.array(mountPoint).default([]),
  volumesFrom: z.array(z.unknown()).default([]),
  dependsOn: z.array(dependency).optional(),
  healthCheck: healthCheck.optional(),
  logConfiguration: logConfiguration.optional(),
  /** ECS's agent waits 30 s unless told otherwise. */
  stopTimeout: z.int().min(0).optional(),
  cpu: z.int().default(0),
  /** MiB. */
  memory: z.int().min(4).optional(),
  user: z.string().optional(),
  readonlyRootFilesystem: z.boolean().optional(),
});

function taskSize(pattern: RegExp, example: string) {
  return z.string().regex(pattern, `must be like ${example}`).optional();
}

export const taskDefinitionFields = z.looseObject({
  family: z.string().regex(/^[A-Za-z0-9_-]{1,255}$/),
  containerDefinitions: z.array(containerDefinition).min(1).max(10),
  volumes: z.array(z.looseObject({ name: z.string().regex(/^[A-Za-z0-9_-]{1,255}$/) })).default([]),
  taskRoleArn: z.string().optional(),
  executionRoleArn: z.string().optional(),
  networkMode: z.string().optional(),
  cpu: taskSize(/^\d+$|^\d+(\.\d+)? ?vCPU$/i, '"1024", or "1 vCPU"'),
  memory: taskSize(/^\d+$|^\d+(\.\d+)? ?GB$/i, '"512", or "0.5 GB"'),
});

export type TaskDefinitionFields = z.infer<typeof taskDefinitionFields>;
export type ContainerDefinition = z.infer<typeof containerDefinition>;
export type HealthCheck = z.infer<typeof healthCheck>;

/** A task's `cpu` in ECS units, 1024 a vCPU. */
export function cpuUnits(cpu: string | undefined): number | undefined {
  if (cpu === undefined) return undefined;
  return /vcpu/i.test(cpu) ? Number.parseFloat(cpu) * 1024 : Number(cpu);
}

/** A task's `memory` in MiB. */
export function mebibytes(memory: string | undefined): number | undefined {
  if (memory === undefined) return undefined;
  return /gb/i.test(memory) ? Number.parseFloat(memory) * 1024 : Number(memory);
}

/** What the schema cannot say: names are unique, references point somewhere, dependencies have no cycle. */
export function checkReferences(definition: TaskDefinitionFields): void {
  const containers = definition.containerDefinitions;
  const names = containers.map((container) => container.name);
  const refuse = (message: string): never => {
    throw new AwsError('ClientException', message);
  };
  const doubled = names.find((name, index) => names.indexOf(name) !== index);
  if (doubled !== undefined) refuse(`Duplicate container name '${doubled}'.`);
  if (!containers.some((container) => container.essential)) {
    refuse('Invalid task definition. At least one container must be essential.');
  }
  const volumes = new Set(definition.volumes.map((volume) => volume.name));
  for (const container of containers) {
    for (const { sourceVolume } of container.mountPoints) {
      if (!volumes.has(sourceVolume)) refuse(`Unknown volume '${sourceVolume}'.`);
    }
    for (const { containerName, condition } of container.dependsOn ?? []) {
      const target = containers.find(({ name }) => name === containerName);
      if (target === undefined) {
        refuse(
          `Container '${container.name}' depends on '${containerName}', which does not exist.`,
        );
      } else if (condition === 'HEALTHY' && target.healthCheck === undefined) {
        refuse(`Container '${containerName}' has no health check for the condition HEALTHY.`);
      } else if (target.essential && (condition === 'SUCCESS' || condition === 'COMPLETE')) {
        refuse(`Container '${containerName}' is essential: it cannot be waited for to end.`);
      }
    }
  }
  if (hasCycle(containers)) refuse('The container dependencies have a cycle.');
}

function hasCycle(containers: readonly ContainerDefinition[]): boolean {
  const resolved = new Set<string>();
  for (let before = -1; before < resolved.size; ) {
    before = resolved.size;
    for (const { name, dependsOn = [] } of containers) {
      if (dependsOn.every((target) => resolved.has(target.containerName))) resolved.add(name);
    }
  }
  return resolved.size < containers.length;
}
