import * as z from 'zod';
import { action } from '../action.ts';
import { clusterName, include } from '../inputs.ts';
import { requireCluster, serviceArn, tasksOf } from '../lookups.ts';
import { serviceView } from '../views.ts';

export const describeServices = action(
  z.object({ cluster: clusterName, services: z.array(z.string()).min(1).max(10), include }),
  (ecs, input) => {
    const cluster = requireCluster(ecs, input.cluster);
    const arns = input.services.map((name) => serviceArn(ecs, cluster, name));
    const found = arns.flatMap((arn) => ecs.state.services.get(arn) ?? []);
    return {
      services: found.map((service) => ({
        ...serviceView(service, tasksOf(ecs, service)),
        tags: input.include.includes('TAGS') ? service.tags : undefined,
      })),
      failures: arns
        .filter((arn) => ecs.state.services.get(arn) === undefined)
        .map((arn) => ({ arn, reason: 'MISSING' })),
    };
  },
);
