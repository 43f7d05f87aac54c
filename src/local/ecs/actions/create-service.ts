import * as z from 'zod';
import { AwsError } from '../../logs/index.ts';
import { action } from '../action.ts';
import { earlierResult, rememberResult } from '../client-token.ts';
import { capacityProviderStrategy, clusterName, tags } from '../inputs.ts';
import { requireActiveTaskDefinition, requireCluster, tasksOf } from '../lookups.ts';
import type { ServiceRecord } from '../records.ts';
import { withNewDeployment } from '../service-scheduler.ts';
import { serviceView } from '../views.ts';

export const createService = action(
  z.looseObject({
    cluster: clusterName,
    serviceName: z.string().regex(/^[A-Za-z0-9_-]{1,255}$/),
    taskDefinition: z.string(),
    desiredCount: z.int().min(0),
    clientToken: z.string().max(36).optional(),
    launchType: z.string().optional(),
    capacityProviderStrategy,
    deploymentConfiguration: z
      .looseObject({
        maximumPercent: z.int().default(200),
        minimumHealthyPercent: z.int().default(100),
      })
      .prefault({}),
    healthCheckGracePeriodSeconds: z.int().min(0).default(0),
    propagateTags: z.string().optional(),
    schedulingStrategy: z.literal('REPLICA').default('REPLICA'),
    tags,
  }),
  (ecs, input) => {
    const { clock, arns } = ecs.options;
    const cluster = requireCluster(ecs, input.cluster);
    const serviceArn = arns.service(cluster.clusterName, input.serviceName);
    const existing = ecs.state.services.get(serviceArn);
    const earlier = earlierResult(ecs, 'CreateService', input, notIdempotent);
    if (earlier?.includes(serviceArn) && existing !== undefined) {
      return { service: serviceView(existing, tasksOf(ecs, existing)) };
    }
    if (existing?.status === 'ACTIVE') throw notIdempotent();
    if (existing?.status === 'DRAINING') {
      throw new AwsError(
        'InvalidParameterException',
        'Unable to Start a service that is still Draining.',
      );
    }
    const definition = requireActiveTaskDefinition(ecs, input.taskDefinition);
    const {
      cluster: _,
      clientToken: __,
      serviceName,
      desiredCount,
      launchType,
      deploymentConfiguration,
      healthCheckGracePeriodSeconds,
      propagateTags,
      ...rest
    } = input;
    const {
      tags: serviceTags,
      taskDefinition: ___,
      capacityProviderStrategy: givenStrategy,
      ...echo
    } = rest;
    const strategy =
      launchType === undefined && givenStrategy.length === 0
        ? cluster.defaultCapacityProviderStrategy
        : givenStrategy;
    const now = clock.now();
    const service: ServiceRecord = {
      serviceArn,
      serviceName,
      clusterArn: cluster.clusterArn,
      status: 'ACTIVE',
      desiredCount,
      taskDefinition: definition.taskDefinitionArn,
      launchType: launchType ?? (strategy.length === 0 ? 'EC2' : undefined),
      capacityProviderStrategy: strategy,
      healthCheckGracePeriodSeconds,
      deploymentConfiguration,
      propagateTags,
      deployments: [],
      events: [],
      createdAt: now,
      tags: serviceTags,
      echo,
      failures: 0,
      notBefore: 0,
      unplaced: false,
      steady: false,
    };
    const created = withNewDeployment(service, now);
    // First the token, so that a repeated call after a crash in between finds no service and goes on.
    rememberResult(ecs, 'CreateService', input, [serviceArn]);
    ecs.state.services.put(serviceArn, created);
    ecs.scheduler.wake(serviceArn);
    return { service: { ...serviceView(created, []), tags: created.tags } };
  },
);

function notIdempotent(): AwsError {
  return new AwsError('InvalidParameterException', 'Creation of service was not idempotent.');
}
