import { endpointDashboard } from '../dashboards/endpoint-dashboard.ts';
import { stageNames } from '../models/model-record.ts';
import { operation } from '../protocol/operation.ts';
import { structure } from '../protocol/shape.ts';
import { endpointName } from './endpoint-name.ts';
import { notFound, readEndpoint } from './endpoint-record.ts';
import { swapMoments } from './swaps.ts';

/** Ours alone: the body of a CloudWatch dashboard of one endpoint, for `aws cloudwatch put-dashboard`. */
export const getEndpointDashboard = operation(
  'GetEndpointDashboard',
  structure({ EndpointName: endpointName }),
  async ({ EndpointName }, { config, table }) => {
    const { endpoint } = await readEndpoint(table, EndpointName);
    if (endpoint === undefined) throw notFound(config, EndpointName);
    const { record, deployment, green } = endpoint;
    // What comes may have other variants and stages than what serves; both are shown.
    const stages = new Map<string, Set<string>>();
    for (const { name, model } of [...(deployment?.variants ?? []), ...(green?.variants ?? [])]) {
      stages.set(name, new Set([...(stages.get(name) ?? []), ...stageNames(model)]));
    }
    return endpointDashboard({
      name: EndpointName,
      region: config.region,
      variants: [...stages].map(([name, names]) => ({ name, stages: [...names] })),
      swaps: swapMoments(record),
    });
  },
);
