import type { TaskDefinitionFields } from './task-definition.ts';

/** What the stand-in keeps. All times are milliseconds since the Unix epoch. */

export interface Tag {
  readonly key?: string | undefined;
  readonly value?: string | undefined;
}

export interface ClusterRecord {
  readonly clusterArn: string;
  readonly clusterName: string;
  readonly capacityProviders: readonly string[];
  readonly defaultCapacityProviderStrategy: readonly CapacityProviderStrategyItem[];
  readonly tags: readonly Tag[];
}

export interface CapacityProviderStrategyItem {
  readonly capacityProvider: string;
  readonly weight?: number | undefined;
  readonly base?: number | undefined;
}

export interface TaskDefinitionRecord extends TaskDefinitionFields {
  readonly taskDefinitionArn: string;
  readonly revision: number;
  readonly status: 'ACTIVE' | 'INACTIVE' | 'DELETE_IN_PROGRESS';
  readonly registeredAt: number;
  readonly deregisteredAt?: number;
  readonly tags: readonly Tag[];
}

export interface DeploymentRecord {
  readonly id: string;
  readonly status: 'PRIMARY' | 'ACTIVE';
  readonly taskDefinition: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface ServiceEvent {
  readonly id: string;
  readonly createdAt: number;
  readonly message: string;
}

export interface DeploymentConfiguration {
  readonly minimumHealthyPercent: number;
  readonly maximumPercent: number;
}

export interface ServiceRecord {
  readonly serviceArn: string;
  readonly serviceName: string;
  readonly clusterArn: string;
  readonly status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  readonly desiredCount: number;
  readonly taskDefinition: string;
  readonly launchType?: string | undefined;
  readonly capacityProviderStrategy: readonly CapacityProviderStrategyItem[];
  readonly healthCheckGracePeriodSeconds: number;
  readonly deploymentConfiguration: DeploymentConfiguration;
  readonly propagateTags?: string | undefined;
  readonly deployments: readonly DeploymentRecord[];
  readonly events: readonly ServiceEvent[];
  readonly createdAt: number;
  readonly inactiveAt?: number;
  readonly tags: readonly Tag[];
  /** Members of CreateService that are only echoed. */
  readonly echo: Readonly<Record<string, unknown>>;
  /** The restart throttle: deaths since a task last became ready, and when the next start may happen. */
  readonly failures: number;
  readonly notBefore: number;
  /** Told once, until it is over: that there is no capacity, and that all is steady. */
  readonly unplaced: boolean;
  readonly steady: boolean;
}

export type TaskStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'RUNNING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED';

export type HealthStatus = 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN';

export type StopCode =
  | 'EssentialContainerExited'
  | 'UserInitiated'
  | 'ServiceSchedulerInitiated'
  | 'TaskFailedToStart'
  | 'TerminationNotice';

export interface NetworkBinding {
  readonly containerPort: number;
  readonly hostPort: number;
  readonly bindIP: string;
  readonly protocol: 'tcp';
}

export interface ContainerRecord {
  readonly containerArn: string;
  readonly name: string;
  readonly image: string;
  readonly lastStatus: 'PENDING' | 'RUNNING' | 'STOPPED';
  readonly healthStatus: HealthStatus;
  readonly exitCode?: number | undefined;
  readonly reason?: string | undefined;
  readonly runtimeId?: string | undefined;
  readonly networkBindings: readonly NetworkBinding[];
}

export interface ContainerOverride {
  readonly name: string;
  readonly command?: readonly string[] | undefined;
  readonly environment?: readonly { name: string; value: string }[] | undefined;
}

export interface TaskOverrides {
  readonly containerOverrides?: readonly ContainerOverride[] | undefined;
  readonly taskRoleArn?: string | undefined;
}

export interface TaskRecord {
  readonly id: string;
  readonly taskArn: string;
  readonly clusterArn: string;
  readonly taskDefinitionArn: string;
  readonly group: string;
  readonly startedBy?: string | undefined;
  /** The service that keeps this task; absent for a task of RunTask. */
  readonly serviceArn?: string | undefined;
  readonly launchType?: string | undefined;
  readonly capacityProviderName?: string | undefined;
  readonly overrides: TaskOverrides;
  readonly lastStatus: TaskStatus;
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
  readonly healthStatus: HealthStatus;
  /** Whether an essential container has a health check, so that `healthStatus` will say something. */
  readonly watched: boolean;
  readonly createdAt: number;
  readonly pullStartedAt?: number | undefined;
  readonly pullStoppedAt?: number | undefined;
  readonly startedAt?: number | undefined;
  readonly stoppingAt?: number | undefined;
  readonly executionStoppedAt?: number | undefined;
  readonly stoppedAt?: number | undefined;
  readonly stopCode?: StopCode | undefined;
  readonly stoppedReason?: string | undefined;
  readonly attachmentId: string;
  readonly address?: string | undefined;
  readonly containers: readonly ContainerRecord[];
  readonly tags: readonly Tag[];
  readonly version: number;
}

/** What an idempotency token was used for, and with which input. */
export interface TokenRecord {
  readonly arns: readonly string[];
  readonly inputHash: string;
  readonly usedAt: number;
}

/** Ready is what a deployment waits for: running, and healthy where that is watched. */
export function isReady(task: TaskRecord): boolean {
  return (
    task.lastStatus === 'RUNNING' &&
    task.desiredStatus === 'RUNNING' &&
    (!task.watched || task.healthStatus === 'HEALTHY')
  );
}
