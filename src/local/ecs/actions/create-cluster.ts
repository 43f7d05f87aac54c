import * as z from 'zod';
import { action } from '../action.ts';
import { capacityProviderStrategy, tags } from '../inputs.ts';
import { clusterView } from '../views.ts';

/** Idempotent as in ECS: creating a cluster that is there answers that cluster. */
export const createCluster = action(
  z.looseObject({
    clusterName: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,255}$/)
      .default('default'),
    capacityProviders: z.array(z.string()).default([]),
    defaultCapacityProviderStrategy: capacityProviderStrategy,
    tags,
  }),
  ({ options, state }, input) => {
    const clusterArn = options.arns.cluster(input.clusterName);
    const cluster = state.clusters.get(clusterArn) ?? {
      clusterArn,
      clusterName: input.clusterName,
      capacityProviders: input.capacityProviders,
      defaultCapacityProviderStrategy: input.defaultCapacityProviderStrategy,
      tags: input.tags,
    };
    state.clusters.put(clusterArn, cluster);
    return {
      cluster: {
        ...clusterView(cluster, state.services.all(), state.tasks.all()),
        tags: cluster.tags,
      },
    };
  },
);
