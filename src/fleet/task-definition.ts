import type { ContainerDefinition, RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs';
import type { Config } from '../aws/config.ts';
import { CAPTURE_END_SECONDS, type CaptureSettings } from '../capture/capture-settings.ts';
import { captureSettings } from '../endpoint-configs/data-capture-config.ts';
import { invocationLimits } from '../endpoint-configs/invocation-limits.ts';
import { type ModelDefinition, stageNames } from '../models/model-record.ts';
import type { DeployedVariant } from './deployed-variant.ts';
import {
  type FleetName,
  familyOf,
  fleetId,
  LOADER_CONTAINER,
  logGroupOf,
  ROUTER_CONTAINER,
} from './fleet-name.ts';
import { taskSize } from './instance-types.ts';
import { modelSources } from './model-sources.ts';
import { ROUTER_PORT, safePortRange, stagePort } from './ports.ts';

/** Longer than what the router gives a request over its deadline; stages: reference section 4.4. */
const STOP_GRACE_SECONDS = 13;
/** Requests are short-lived: with less room, V8 copies what is young more often; with more, old buffers wait to be freed. */
export const ROUTER_NODE_OPTIONS = '--max-semi-space-size=32';
const STAGE_STOP_SECONDS = 30;

const HEALTH_CHECK = {
  command: ['CMD', './serve', 'health'],
  interval: 5,
  timeout: 5,
  retries: 2,
  startPeriod: 300,
};

export function tagsOf(stack: string, { endpoint, variant, generation }: FleetName) {
  return [
    { key: 'headrace:stack', value: stack },
    { key: 'headrace:endpoint', value: endpoint },
    { key: 'headrace:variant', value: variant },
    { key: 'headrace:generation', value: generation },
  ];
}

/** What tells one task of a pipeline from another's. */
export interface PipelineTask {
  family: string;
  tags: { key: string; value: string }[];
  model: ModelDefinition;
  instanceType: string;
  downloadTimeoutSeconds: number;
  logGroup: string;
  logStreamPrefix: string;
  router: {
    endpoint: string;
    variant: string;
    fleet?: string;
    maxBodyBytes: number;
    timeoutMs: number;
    streamTimeoutMs?: number;
    drainMs: number;
    capture?: CaptureSettings | undefined;
  };
  /** How long the router may take to stop. ECS on EC2 sets no bound to it. */
  stopSeconds: number;
  /** On top of each container's own. */
  stageEnvironment?: Record<string, string>;
  /** Containers beside the pipeline's. */
  beside?: ContainerDefinition[];
}

/** The task of an endpoint's variant. */
export function taskDefinition(
  fleet: FleetName,
  variant: DeployedVariant,
  config: Config,
): RegisterTaskDefinitionCommandInput {
  const limits = invocationLimits(variant);
  const capture = captureSettings(variant.dataCapture);
  const stopSeconds = config.drainSeconds + limits.streamTimeoutMs / 1000 + STOP_GRACE_SECONDS;
  const task: PipelineTask = {
    family: familyOf(config.stack, fleet),
    tags: tagsOf(config.stack, fleet),
    model: variant.model,
    instanceType: variant.instanceType,
    downloadTimeoutSeconds: variant.downloadTimeoutSeconds,
    logGroup: logGroupOf(config.stack, fleet.endpoint),
    logStreamPrefix: variant.name,
    router: {
      endpoint: fleet.endpoint,
      variant: variant.name,
      fleet: fleetId(fleet),
      ...limits,
      drainMs: config.drainSeconds * 1000,
      capture,
    },
    stopSeconds: stopSeconds + (capture === undefined ? 0 : CAPTURE_END_SECONDS),
  };
  return pipelineTask(task, config);
}

/** One task: the router, the loader when a stage has model data, and the stages (design of a task). */
export function pipelineTask(
  task: PipelineTask,
  config: Config,
): RegisterTaskDefinitionCommandInput {
  const names = stageNames(task.model);
  const complete = (container: ContainerDefinition): ContainerDefinition => ({
    ...container,
    environment: withRegion(container.environment, config.region),
    logConfiguration: {
      logDriver: 'awslogs',
      options: {
        'awslogs-group': task.logGroup,
        'awslogs-region': config.region,
        // A reconciler that was asleep may delete the group of an endpoint that is there again.
        'awslogs-create-group': 'true',
        'awslogs-stream-prefix': task.logStreamPrefix,
      },
    },
  });
  const loader = loaderContainer(task, names, config);
  const stages = names.map((name, position) => stageContainer(name, position, task, loader));
  const containers = [
    routerContainer(task, names, config),
    ...(loader ?? []),
    ...stages,
    ...(task.beside ?? []),
  ];
  return {
    family: task.family,
    networkMode: 'awsvpc',
    requiresCompatibilities: ['EC2'],
    ...taskSize(task.instanceType),
    taskRoleArn: task.model.executionRoleArn ?? config.taskRole,
    executionRoleArn: config.executionRole,
    volumes: names.map((_, position) => ({ name: volumeName(position) })),
    containerDefinitions: containers.map(complete),
    tags: task.tags,
  };
}

function routerContainer(
  { model, logGroup, router, stopSeconds }: PipelineTask,
  names: string[],
  config: Config,
): ContainerDefinition {
  const settings = {
    ...router,
    region: config.region,
    account: config.account,
    partition: config.partition,
    mode: model.mode,
    stages: names,
    logGroup,
    logUrl: config.logUrl.replace('{group}', logGroup),
    listen: config.routerListen,
  };
  return {
    name: ROUTER_CONTAINER,
    image: config.routerImage,
    essential: true,
    command: ['serve'],
    portMappings: [{ containerPort: ROUTER_PORT, protocol: 'tcp' }],
    environment: environment({
      HEADRACE_ROUTER: JSON.stringify(settings),
      NODE_OPTIONS: ROUTER_NODE_OPTIONS,
      ...routerPorts(names.length),
    }),
    healthCheck: HEALTH_CHECK,
    // ECS stops what depends before what it depends on: the router drains while the stages still run.
    dependsOn: names.map((name) => ({ containerName: name, condition: 'START' })),
    stopTimeout: stopSeconds,
    readonlyRootFilesystem: true,
  };
}

/** Where the router listens, and where its stages do. */
export function routerPorts(stages: number): Record<string, string> {
  const ports = Array.from({ length: stages }, (_, position) => stagePort(position));
  return {
    HEADRACE_ROUTER_PORT: String(ROUTER_PORT),
    HEADRACE_STAGE_PORTS: ports.join(','),
  };
}

/** A list of one, or undefined when no stage has model data. */
function loaderContainer(
  { model, downloadTimeoutSeconds }: PipelineTask,
  names: string[],
  config: Config,
): [ContainerDefinition] | undefined {
  const stages = model.containers.flatMap((container, position) => {
    const sources = modelSources(container);
    return sources.length === 0 ? [] : [{ name: names[position], position: position + 1, sources }];
  });
  if (stages.length === 0) return undefined;
  const load = { timeoutSeconds: downloadTimeoutSeconds, stages };
  return [
    {
      name: LOADER_CONTAINER,
      image: config.routerImage,
      essential: false,
      command: ['load'],
      environment: environment({ HEADRACE_LOAD: JSON.stringify(load) }),
      mountPoints: stages.map(({ position }) => ({
        sourceVolume: volumeName(position - 1),
        containerPath: `/opt/ml/models/${position}`,
      })),
      readonlyRootFilesystem: true,
    },
  ];
}

function stageContainer(
  name: string,
  position: number,
  { model, stageEnvironment }: PipelineTask,
  loader: [ContainerDefinition] | undefined,
): ContainerDefinition {
  const container = model.containers[position];
  const port = stagePort(position);
  return {
    name,
    image: container?.Image,
    essential: true,
    command: ['serve'],
    portMappings: [{ containerPort: port, protocol: 'tcp' }],
    environment: environment({
      ...container?.Environment,
      ...stageEnvironment,
      SAGEMAKER_BIND_TO_PORT: String(port),
      SAGEMAKER_SAFE_PORT_RANGE: safePortRange(position),
    }),
    mountPoints: [
      { sourceVolume: volumeName(position), containerPath: '/opt/ml/model', readOnly: true },
    ],
    dependsOn: loader && [{ containerName: LOADER_CONTAINER, condition: 'SUCCESS' }],
    stopTimeout: STAGE_STOP_SECONDS,
  };
}

/**
 * What SDKs read (reference section 4.5). ECS's agent on EC2 gives a container neither variable before 2026,
 * and since then both or none: https://github.com/aws/amazon-ecs-agent/pull/4946
 */
function withRegion(own: ContainerDefinition['environment'] = [], region: string) {
  const names = new Set(own.map(({ name }) => name));
  const given = environment({ AWS_REGION: region, AWS_DEFAULT_REGION: region });
  return [...given.filter(({ name }) => !names.has(name)), ...own];
}

function volumeName(position: number): string {
  return `model-${position + 1}`;
}

export function environment(variables: Record<string, string>) {
  return Object.entries(variables).map(([name, value]) => ({ name, value }));
}
