import type { Config } from '../aws/config.ts';
import { ResourceLimitExceeded, ValidationException } from '../protocol/errors.ts';
import { type Violation, violations } from '../protocol/validate.ts';
import type { ContainerDefinition } from './container-definition.ts';
import type { ExecutionMode } from './model-record.ts';

const MAX_ENVIRONMENT_BYTES = 32 * 1024;
const NAMES_OBJECT = /^s3:\/\/[^/]+\/.*[^/]$/s;

export interface ModelInput {
  PrimaryContainer?: ContainerDefinition | undefined;
  Containers?: ContainerDefinition[] | undefined;
  InferenceExecutionConfig?: { Mode: ExecutionMode } | undefined;
}

/**
 * The rules that hold between members (reference sections 2.2 and 2.3); returns the stages in order.
 * @throws ValidationException, or ResourceLimitExceeded past the stack's number of containers
 */
export function checkModel(input: ModelInput, config: Config): ContainerDefinition[] {
  const containers = theContainers(input);
  checkCount(containers, config);
  const found = [
    ...containers.flatMap((container, position) =>
      containerViolations(container, containerPath(input, position), config),
    ),
  ];
  if (found.length > 0) throw violations(found, input);
  checkHostnames(input, containers);
  checkEnvironmentSize(containers);
  return containers;
}

function theContainers(input: ModelInput): ContainerDefinition[] {
  const several = input.Containers ?? [];
  if (input.PrimaryContainer !== undefined && several.length > 0) {
    throw new ValidationException(
      'Both PrimaryContainer and Containers are given. Use PrimaryContainer for one container, or Containers for a pipeline.',
    );
  }
  const containers = input.PrimaryContainer === undefined ? several : [input.PrimaryContainer];
  if (containers.length === 0) {
    throw new ValidationException(
      'Neither PrimaryContainer nor Containers is given. Use PrimaryContainer for one container, or Containers for a pipeline.',
    );
  }
  return containers;
}

function checkCount(containers: ContainerDefinition[], { maxContainers }: Config): void {
  if (containers.length <= maxContainers) return;
  throw new ResourceLimitExceeded(
    `Containers has ${containers.length} members; this stack takes at most ${maxContainers} per model. ` +
      'Join stages, or raise maxContainers in headrace.config.yml (on a laptop HEADRACE_MAX_CONTAINERS).',
  );
}

function containerPath(input: ModelInput, position: number): PropertyKey[] {
  return input.PrimaryContainer === undefined ? ['Containers', position] : ['PrimaryContainer'];
}

function containerViolations(
  container: ContainerDefinition,
  path: PropertyKey[],
  config: Config,
): Violation[] {
  const found: Violation[] = [];
  const refuse = (member: string[], constraint: string) =>
    found.push({ path: [...path, ...member], constraint });
  if (container.Image.startsWith('file:') && !config.fileImages) {
    refuse(['Image'], 'Member must name an image in a registry; file: images run on a laptop only');
  }
  if (container.ModelDataUrl?.startsWith('https:')) {
    refuse(['ModelDataUrl'], 'Member must be an s3:// URL');
  } else if (container.ModelDataUrl !== undefined && !NAMES_OBJECT.test(container.ModelDataUrl)) {
    refuse(['ModelDataUrl'], 'Member must name an object, such as s3://bucket/model.tar.gz');
  }
  if (container.ModelDataUrl !== undefined && container.ModelDataSource !== undefined) {
    refuse(['ModelDataSource'], 'Member must not be given together with ModelDataUrl');
  }
  const source = container.ModelDataSource?.S3DataSource;
  if (source?.S3Uri.startsWith('https:')) {
    refuse(['ModelDataSource', 'S3DataSource', 'S3Uri'], 'Member must be an s3:// URL');
  } else if (source?.S3DataType === 'S3Object' && !NAMES_OBJECT.test(source.S3Uri)) {
    refuse(['ModelDataSource', 'S3DataSource', 'S3Uri'], 'Member must name an object for S3Object');
  }
  if (source?.S3DataType === 'S3Prefix' && !source.S3Uri.endsWith('/')) {
    refuse(['ModelDataSource', 'S3DataSource', 'S3Uri'], 'Member must end in "/" for S3Prefix');
  }
  return found;
}

function checkHostnames(input: ModelInput, containers: ContainerDefinition[]): void {
  if (input.PrimaryContainer !== undefined) {
    if (input.InferenceExecutionConfig?.Mode !== 'Direct') return;
    throw new ValidationException(
      'InferenceExecutionConfig Mode Direct chooses among several containers: use Containers instead of PrimaryContainer.',
    );
  }
  const names = containers.flatMap((container) => container.ContainerHostname ?? []);
  if (names.length !== 0 && names.length !== containers.length) {
    throw new ValidationException(
      'ContainerHostname is set on some containers and missing on others. Set it on all of them, or on none.',
    );
  }
  const twice = names.find((name, position) => names.indexOf(name) !== position);
  if (twice !== undefined) {
    throw new ValidationException(
      `ContainerHostname "${twice}" is given to more than one container. Each must be unique within the model.`,
    );
  }
  if (input.InferenceExecutionConfig?.Mode === 'Direct' && names.length === 0) {
    throw new ValidationException(
      'InferenceExecutionConfig Mode Direct needs a ContainerHostname on every container.',
    );
  }
}

function checkEnvironmentSize(containers: ContainerDefinition[]): void {
  const bytes = containers
    .flatMap((container) => Object.entries(container.Environment ?? {}).flat())
    .reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > MAX_ENVIRONMENT_BYTES) {
    throw new ValidationException(
      `Environment of all containers together is ${bytes} bytes; it must be at most ${MAX_ENVIRONMENT_BYTES}.`,
    );
  }
}
