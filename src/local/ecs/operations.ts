import type { EcsAction } from './action.ts';
import { createCluster } from './actions/create-cluster.ts';
import { createService } from './actions/create-service.ts';
import { deleteService } from './actions/delete-service.ts';
import { deleteTaskDefinitions } from './actions/delete-task-definitions.ts';
import { deregisterTaskDefinition } from './actions/deregister-task-definition.ts';
import { describeClusters } from './actions/describe-clusters.ts';
import { describeServices } from './actions/describe-services.ts';
import { describeTaskDefinition } from './actions/describe-task-definition.ts';
import { describeTasks } from './actions/describe-tasks.ts';
import { listClusters } from './actions/list-clusters.ts';
import { listServices } from './actions/list-services.ts';
import { listTagsForResource } from './actions/list-tags-for-resource.ts';
import { listTaskDefinitionFamilies } from './actions/list-task-definition-families.ts';
import { listTaskDefinitions } from './actions/list-task-definitions.ts';
import { listTasks } from './actions/list-tasks.ts';
import { registerTaskDefinition } from './actions/register-task-definition.ts';
import { runTask } from './actions/run-task.ts';
import { stopTask } from './actions/stop-task.ts';
import { tagResource } from './actions/tag-resource.ts';
import { updateService } from './actions/update-service.ts';

/** What stands before the operation in `X-Amz-Target`. */
export const ECS_TARGET = 'AmazonEC2ContainerServiceV20141113';

export const ecsOperations: Readonly<Record<string, EcsAction>> = {
  CreateCluster: createCluster,
  DescribeClusters: describeClusters,
  ListClusters: listClusters,
  RegisterTaskDefinition: registerTaskDefinition,
  DescribeTaskDefinition: describeTaskDefinition,
  ListTaskDefinitions: listTaskDefinitions,
  ListTaskDefinitionFamilies: listTaskDefinitionFamilies,
  DeregisterTaskDefinition: deregisterTaskDefinition,
  DeleteTaskDefinitions: deleteTaskDefinitions,
  CreateService: createService,
  UpdateService: updateService,
  DescribeServices: describeServices,
  ListServices: listServices,
  DeleteService: deleteService,
  RunTask: runTask,
  StopTask: stopTask,
  DescribeTasks: describeTasks,
  ListTasks: listTasks,
  TagResource: tagResource,
  ListTagsForResource: listTagsForResource,
};
