import * as z from 'zod';
import { paginate } from '../../logs/index.ts';
import { action } from '../action.ts';
import { clusterName, maxResults, nextToken } from '../inputs.ts';
import { requireCluster } from '../lookups.ts';

/** Only ACTIVE services, as in ECS; DescribeServices still shows the others. */
export const listServices = action(
  z.object({
    cluster: clusterName,
    launchType: z.string().optional(),
    maxResults: maxResults.unwrap().default(10),
    nextToken,
  }),
  (ecs, input) => {
    const cluster = requireCluster(ecs, input.cluster);
    const arns = ecs.state.services
      .all()
      .filter((one) => one.clusterArn === cluster.clusterArn && one.status === 'ACTIVE')
      .filter((one) => input.launchType === undefined || one.launchType === input.launchType)
      .map((one) => one.serviceArn);
    const page = paginate(arns, {
      keyOf: (arn) => arn,
      limit: input.maxResults,
      nextToken: input.nextToken,
    });
    return { serviceArns: page.items, nextToken: page.nextToken };
  },
);
