import type { ClusterRecord, ServiceRecord, TaskDefinitionRecord, TaskRecord } from './records.ts';

/** Records as the wire shows them. */

/** How a time is written: epoch seconds with a fraction on the wire, ISO 8601 in events. */
export type TimeFormat = (ms: number) => number | string;

export const epochSeconds: TimeFormat = (ms) => ms / 1000;
export const isoTime: TimeFormat = (ms) => new Date(ms).toISOString();

const TASK_TIMES = [
  'createdAt',
  'pullStartedAt',
  'pullStoppedAt',
  'startedAt',
  'stoppingAt',
  'executionStoppedAt',
  'stoppedAt',
] as const;

export function taskView(
  task: TaskRecord,
  definition: TaskDefinitionRecord | undefined,
  time: TimeFormat,
) {
  const address = task.address;
  const interfaces =
    address === undefined ? [] : [{ attachmentId: task.attachmentId, privateIpv4Address: address }];
  const times = TASK_TIMES.flatMap((name) => {
    const ms = task[name];
    return ms === undefined ? [] : [[name, time(ms)] as const];
  });
  return {
    attachments: [
      {
        id: task.attachmentId,
        type: 'ElasticNetworkInterface',
        status: task.lastStatus === 'STOPPED' ? 'DELETED' : address ? 'ATTACHED' : 'PRECREATED',
        details: interfaces.map(({ privateIpv4Address }) => ({
          name: 'privateIPv4Address',
          value: privateIpv4Address,
        })),
      },
    ],
    attributes: [],
    capacityProviderName: task.capacityProviderName,
    clusterArn: task.clusterArn,
    connectivity: address === undefined ? 'DISCONNECTED' : 'CONNECTED',
    containers: task.containers.map((container) => ({
      ...container,
      taskArn: task.taskArn,
      networkInterfaces: interfaces,
    })),
    cpu: definition?.cpu,
    memory: definition?.memory,
    desiredStatus: task.desiredStatus,
    enableExecuteCommand: false,
    group: task.group,
    healthStatus: task.healthStatus,
    lastStatus: task.lastStatus,
    launchType: task.launchType,
    overrides: { containerOverrides: [], inferenceAcceleratorOverrides: [], ...task.overrides },
    startedBy: task.startedBy,
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    taskArn: task.taskArn,
    taskDefinitionArn: task.taskDefinitionArn,
    version: task.version,
    ...Object.fromEntries(times),
  };
}

export function clusterView(
  cluster: ClusterRecord,
  services: readonly ServiceRecord[],
  tasks: readonly TaskRecord[],
) {
  const own = tasks.filter((task) => task.clusterArn === cluster.clusterArn);
  return {
    clusterArn: cluster.clusterArn,
    clusterName: cluster.clusterName,
    status: 'ACTIVE',
    capacityProviders: cluster.capacityProviders,
    defaultCapacityProviderStrategy: cluster.defaultCapacityProviderStrategy,
    registeredContainerInstancesCount: 0,
    runningTasksCount: own.filter(isRunning).length,
    pendingTasksCount: own.filter(isPending).length,
    activeServicesCount: services.filter(
      (service) => service.clusterArn === cluster.clusterArn && service.status !== 'INACTIVE',
    ).length,
    settings: [],
    statistics: [],
    tags: [],
  };
}

/** `tasks` are those of the service. */
export function serviceView(service: ServiceRecord, tasks: readonly TaskRecord[]) {
  return {
    schedulingStrategy: 'REPLICA',
    loadBalancers: [],
    serviceRegistries: [],
    placementConstraints: [],
    placementStrategy: [],
    enableECSManagedTags: false,
    enableExecuteCommand: false,
    ...service.echo,
    serviceArn: service.serviceArn,
    serviceName: service.serviceName,
    clusterArn: service.clusterArn,
    status: service.status,
    desiredCount: service.desiredCount,
    runningCount: tasks.filter(isRunning).length,
    pendingCount: tasks.filter(isPending).length,
    launchType: service.launchType,
    capacityProviderStrategy: service.capacityProviderStrategy,
    taskDefinition: service.taskDefinition,
    deploymentConfiguration: service.deploymentConfiguration,
    deployments: service.deployments.map((deployment) => {
      const own = tasks.filter((task) => task.startedBy === deployment.id);
      return {
        ...deployment,
        createdAt: epochSeconds(deployment.createdAt),
        updatedAt: epochSeconds(deployment.updatedAt),
        desiredCount: deployment.status === 'PRIMARY' ? service.desiredCount : 0,
        runningCount: own.filter(isRunning).length,
        pendingCount: own.filter(isPending).length,
        failedTasks: deployment.status === 'PRIMARY' ? service.failures : 0,
        rolloutState: service.steady ? 'COMPLETED' : 'IN_PROGRESS',
      };
    }),
    // The newest first, as ECS shows them.
    events: service.events.map((event) => ({ ...event, createdAt: epochSeconds(event.createdAt) })),
    createdAt: epochSeconds(service.createdAt),
    healthCheckGracePeriodSeconds: service.healthCheckGracePeriodSeconds,
    propagateTags: service.propagateTags ?? 'NONE',
  };
}

export function taskDefinitionView(definition: TaskDefinitionRecord) {
  const { tags: _, registeredAt, deregisteredAt, ...rest } = definition;
  return {
    placementConstraints: [],
    compatibilities: ['EC2'],
    ...rest,
    registeredAt: epochSeconds(registeredAt),
    deregisteredAt: deregisteredAt === undefined ? undefined : epochSeconds(deregisteredAt),
  };
}

function isRunning(task: TaskRecord): boolean {
  return task.lastStatus === 'RUNNING';
}

function isPending(task: TaskRecord): boolean {
  return (
    task.desiredStatus === 'RUNNING' &&
    (task.lastStatus === 'PROVISIONING' || task.lastStatus === 'PENDING')
  );
}
