import type { CreateServiceCommandInput } from '@aws-sdk/client-ecs';
import type { Config } from '../aws/config.ts';
import type { DeployedVariant } from './deployed-variant.ts';
import { type FleetName, familyOf } from './fleet-name.ts';
import { placement } from './placement.ts';
import { tagsOf } from './task-definition.ts';

/** A variant's fleet as one ECS service: ECS replaces dead tasks, we watch. */
export function serviceOf(
  fleet: FleetName,
  variant: DeployedVariant,
  desiredCount: number,
  taskDefinitionArn: string,
  config: Config,
): CreateServiceCommandInput {
  const serviceName = familyOf(config.stack, fleet);
  return {
    cluster: config.cluster,
    serviceName,
    taskDefinition: taskDefinitionArn,
    desiredCount,
    ...placement(variant.instanceType, config),
    // ECS would else kill a task that takes longer to start than its health check allows.
    healthCheckGracePeriodSeconds: variant.startupTimeoutSeconds,
    deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 200 },
    propagateTags: 'SERVICE',
    tags: tagsOf(config.stack, fleet),
  };
}
