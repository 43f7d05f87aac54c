import * as z from 'zod';
import { action } from '../action.ts';
import { include } from '../inputs.ts';
import { clusterArn, findCluster } from '../lookups.ts';
import { clusterView } from '../views.ts';

export const describeClusters = action(
  z.object({ clusters: z.array(z.string()).max(100).optional(), include }),
  (ecs, input) => {
    const { state } = ecs;
    const names =
      input.clusters === undefined || input.clusters.length === 0 ? ['default'] : input.clusters;
    const clusters = names.flatMap((name) => findCluster(ecs, name) ?? []);
    return {
      clusters: clusters.map((cluster) => ({
        ...clusterView(cluster, state.services.all(), state.tasks.all()),
        tags: input.include.includes('TAGS') ? cluster.tags : [],
      })),
      failures: names
        .filter((name) => findCluster(ecs, name) === undefined)
        .map((name) => ({ arn: clusterArn(ecs, name), reason: 'MISSING' })),
    };
  },
);
