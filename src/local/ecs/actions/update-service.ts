import * as z from 'zod';
import { AwsError } from '../../logs/index.ts';
import { action } from '../action.ts';
import { capacityProviderStrategy, clusterName } from '../inputs.ts';
import {
  requireActiveTaskDefinition,
  requireCluster,
  requireService,
  tasksOf,
} from '../lookups.ts';
import { withNewDeployment } from '../service-scheduler.ts';
import { serviceView } from '../views.ts';

export const updateService = action(
  z.looseObject({
    cluster: clusterName,
    service: z.string(),
    desiredCount: z.int().min(0).optional(),
    taskDefinition: z.string().optional(),
    forceNewDeployment: z.boolean().default(false),
    capacityProviderStrategy: capacityProviderStrategy.unwrap().optional(),
    deploymentConfiguration: z
      .looseObject({
        maximumPercent: z.int().optional(),
        minimumHealthyPercent: z.int().optional(),
      })
      .default({}),
    healthCheckGracePeriodSeconds: z.int().min(0).optional(),
    propagateTags: z.string().optional(),
  }),
  (ecs, input) => {
    const { cluster, service: name, taskDefinition, forceNewDeployment, ...changes } = input;
    const service = requireService(ecs, requireCluster(ecs, cluster), name);
    if (service.status !== 'ACTIVE') {
      throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.');
    }
    const definitionArn =
      taskDefinition === undefined
        ? service.taskDefinition
        : requireActiveTaskDefinition(ecs, taskDefinition).taskDefinitionArn;
    const {
      desiredCount = service.desiredCount,
      capacityProviderStrategy: strategy = service.capacityProviderStrategy,
      healthCheckGracePeriodSeconds = service.healthCheckGracePeriodSeconds,
      propagateTags = service.propagateTags,
      deploymentConfiguration: { maximumPercent, minimumHealthyPercent, ...otherDeployment },
      ...echo
    } = changes;
    const before = service.deploymentConfiguration;
    const changed = {
      ...service,
      desiredCount,
      capacityProviderStrategy: strategy,
      healthCheckGracePeriodSeconds,
      propagateTags,
      deploymentConfiguration: {
        ...before,
        ...otherDeployment,
        maximumPercent: maximumPercent ?? before.maximumPercent,
        minimumHealthyPercent: minimumHealthyPercent ?? before.minimumHealthyPercent,
      },
      echo: { ...service.echo, ...echo },
      taskDefinition: definitionArn,
    };
    const replaces = forceNewDeployment || definitionArn !== service.taskDefinition;
    const updated = replaces ? withNewDeployment(changed, ecs.options.clock.now()) : changed;
    ecs.state.services.put(service.serviceArn, updated);
    ecs.scheduler.wake(service.serviceArn);
    return { service: serviceView(updated, tasksOf(ecs, updated)) };
  },
);
