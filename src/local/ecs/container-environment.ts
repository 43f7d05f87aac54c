import { join } from 'node:path';
import { PORT_BLOCK } from '../../fleet/ports.ts';
import type { NetworkBinding } from './records.ts';
import type { ContainerDefinition } from './task-definition.ts';

/** The variables whose numbers are ports of the task: "n", "n-m" or "n,m,…". */
const PORT_VARIABLES = [
  'SAGEMAKER_BIND_TO_PORT',
  'SAGEMAKER_SAFE_PORT_RANGE',
  'HEADRACE_ROUTER_PORT',
  'HEADRACE_STAGE_PORTS',
];

/** What a process needs of the machine; everything else of the parent's environment stays outside. */
const INHERITED_VARIABLES = ['PATH', 'HOME', 'LANG', 'TMPDIR'];

export interface EnvironmentParts {
  readonly container: ContainerDefinition;
  /** Of the process that runs the stand-in. */
  readonly parent: Readonly<Record<string, string | undefined>>;
  /** The folder that stands for /opt/ml. */
  readonly mlFolder: string;
  readonly s3Endpoint: string | undefined;
  readonly credentialsUri: string | undefined;
  /** Of all containers of the task. */
  readonly bindings: readonly NetworkBinding[];
}

/** A container's environment as a process: what the platform sets, then the container's own over it. */
export function containerEnvironment(parts: EnvironmentParts): Record<string, string> {
  const { bindings, container, credentialsUri, mlFolder, parent, s3Endpoint } = parts;
  const platform = {
    ...Object.fromEntries(INHERITED_VARIABLES.map((name) => [name, parent[name]])),
    SAGEMAKER_BASE_DIR: mlFolder,
    SM_MODEL_DIR: hasModelFolder(container) ? join(mlFolder, 'model') : undefined,
    AWS_ENDPOINT_URL_S3: s3Endpoint,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: credentialsUri,
  };
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(platform)) {
    if (value !== undefined) environment[name] = value;
  }
  for (const { name, value } of container.environment) {
    environment[name] = PORT_VARIABLES.includes(name) ? toHostPorts(value, bindings) : value;
  }
  return environment;
}

/** Whether the container finds a model at /opt/ml/model: all do but one that has /opt/ml/models/<n>. */
export function hasModelFolder(container: ContainerDefinition): boolean {
  const paths = container.mountPoints.map(({ containerPath }) => containerPath);
  return paths.includes('/opt/ml/model') || !paths.some((path) => path.startsWith('/opt/ml/'));
}

/**
 * There is no network namespace here, so each container port stands for a block of host ports; every
 * number of `value` within a block is moved along.
 */
export function toHostPorts(value: string, bindings: readonly NetworkBinding[]): string {
  return value.replace(/\d+/g, (digits) => {
    const port = Number(digits);
    const binding = bindings.find(
      ({ containerPort }) => port >= containerPort && port < containerPort + PORT_BLOCK,
    );
    return binding === undefined ? digits : String(binding.hostPort + port - binding.containerPort);
  });
}
