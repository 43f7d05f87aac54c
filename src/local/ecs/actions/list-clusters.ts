import * as z from 'zod';
import { paginate } from '../../logs/index.ts';
import { action } from '../action.ts';
import { maxResults, nextToken } from '../inputs.ts';

export const listClusters = action(
  z.object({ maxResults, nextToken }),
  ({ state }, { maxResults: limit, nextToken: token }) => {
    const arns = state.clusters.all().map((cluster) => cluster.clusterArn);
    const page = paginate(arns, { keyOf: (arn) => arn, limit, nextToken: token });
    return { clusterArns: page.items, nextToken: page.nextToken };
  },
);
