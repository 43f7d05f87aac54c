import { AwsError } from '../logs/index.ts';
import { lastPart } from './arns.ts';
import type { Ecs } from './ecs.ts';
import type { ClusterRecord, ServiceRecord, TaskDefinitionRecord, TaskRecord } from './records.ts';

/** Finding what a request names, or failing in ECS's words. */

const DEFAULT_CLUSTER = 'default';

/** Of a name or an ARN; without one the cluster called "default". ClusterNotFoundException. */
export function requireCluster(ecs: Ecs, nameOrArn: string | undefined): ClusterRecord {
  const cluster = findCluster(ecs, nameOrArn);
  if (cluster === undefined) {
    throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
  }
  return cluster;
}

export function findCluster(ecs: Ecs, nameOrArn = DEFAULT_CLUSTER): ClusterRecord | undefined {
  return ecs.state.clusters.get(clusterArn(ecs, nameOrArn));
}

export function clusterArn(ecs: Ecs, nameOrArn = DEFAULT_CLUSTER): string {
  return nameOrArn.startsWith('arn:') ? nameOrArn : ecs.options.arns.cluster(nameOrArn);
}

export function serviceArn(ecs: Ecs, cluster: ClusterRecord, nameOrArn: string): string {
  return nameOrArn.startsWith('arn:')
    ? nameOrArn
    : ecs.options.arns.service(cluster.clusterName, nameOrArn);
}

/** ServiceNotFoundException. */
export function requireService(ecs: Ecs, cluster: ClusterRecord, nameOrArn: string): ServiceRecord {
  const service = ecs.state.services.get(serviceArn(ecs, cluster, nameOrArn));
  if (service === undefined) {
    throw new AwsError('ServiceNotFoundException', 'Service not found.');
  }
  return service;
}

export function findTask(
  ecs: Ecs,
  cluster: ClusterRecord,
  idOrArn: string,
): TaskRecord | undefined {
  const task = ecs.state.tasks.get(lastPart(idOrArn));
  return task?.clusterArn === cluster.clusterArn ? task : undefined;
}

/** Of an ARN, `family:revision`, or a family, which means its newest ACTIVE revision. */
export function findTaskDefinition(ecs: Ecs, reference: string): TaskDefinitionRecord | undefined {
  const all = ecs.state.taskDefinitions;
  if (reference.startsWith('arn:')) return all.get(reference);
  const [family = '', revision] = reference.split(':');
  if (revision !== undefined) {
    return all.get(ecs.options.arns.taskDefinition(family, Number(revision)));
  }
  return all
    .all()
    .filter((one) => one.family === family && one.status === 'ACTIVE')
    .sort((a, b) => b.revision - a.revision)[0];
}

/** For starting something from it. ClientException when it is not there or not ACTIVE. */
export function requireActiveTaskDefinition(ecs: Ecs, reference: string): TaskDefinitionRecord {
  const definition = findTaskDefinition(ecs, reference);
  if (definition === undefined) throw new AwsError('ClientException', 'TaskDefinition not found.');
  if (definition.status !== 'ACTIVE') {
    throw new AwsError('ClientException', 'TaskDefinition is inactive');
  }
  return definition;
}

export function tasksOf(ecs: Ecs, service: ServiceRecord): TaskRecord[] {
  return ecs.state.tasks.all().filter((task) => task.serviceArn === service.serviceArn);
}
