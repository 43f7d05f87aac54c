import { ENDPOINT_NAMESPACE } from '../invocations/invocation-metrics.ts';
import {
  type DashboardBody,
  dashboard,
  type Graph,
  type Metric,
  type Moment,
  type Statistic,
  search,
} from './dashboard.ts';

export interface DashboardedEndpoint {
  readonly name: string;
  readonly region: string;
  readonly variants: readonly { readonly name: string; readonly stages: readonly string[] }[];
  /** Its updates, begun and ended. Times are epoch ms. */
  readonly swaps: readonly { readonly at: number; readonly what: string }[];
}

/**
 * The dashboard of one endpoint: traffic by variant and by fleet, latency by stage stacked, errors by
 * stage, with its updates as lines across. Pure.
 */
export function endpointDashboard({
  name,
  region,
  variants,
  swaps,
}: DashboardedEndpoint): DashboardBody {
  const moments = swaps.map(
    ({ at, what }): Moment => ({ label: what, value: new Date(at).toISOString() }),
  );
  const metric =
    (variant: string) =>
    (metricName: string, label: string, more: Record<string, string> = {}, stat?: Statistic) => {
      const by = { EndpointName: name, VariantName: variant, ...more };
      const options = stat === undefined ? { label } : { label, stat };
      return [ENDPOINT_NAMESPACE, metricName, ...Object.entries(by).flat(), options] as Metric;
    };
  const fleets = [ENDPOINT_NAMESPACE, 'EndpointName', 'VariantName', 'EndpointConfigName'];
  const ofVariant = (variant: (typeof variants)[number]): Graph[] => {
    const of = metric(variant.name);
    const byStage = (metricName: string) =>
      variant.stages.map((stage) => of(metricName, stage, { ContainerName: stage }));
    return [
      {
        title: `${variant.name}: latency by stage`,
        metrics: [...byStage('ContainerLatency'), of('OverheadLatency', 'overhead')],
        stat: 'Average',
        isStacked: true,
        of: 'µs',
        moments,
      },
      {
        title: `${variant.name}: errors by stage`,
        metrics: byStage('InvocationModelErrors'),
        stat: 'Sum',
        isStacked: true,
        moments,
      },
      {
        title: `${variant.name}: latency of the model`,
        metrics: (['p50', 'p90', 'p99'] as const).map((stat) => of('ModelLatency', stat, {}, stat)),
        stat: 'p99',
        of: 'µs',
        moments,
      },
      {
        title: `${variant.name}: what callers saw`,
        metrics: [
          of('Invocation4XXErrors', '4XX'),
          of('Invocation5XXErrors', '5XX'),
          of('MidStreamErrors', 'streams that broke off'),
        ],
        stat: 'Sum',
        moments,
      },
    ];
  };
  return dashboard(region, `# Endpoint ${name}`, [
    {
      title: 'Requests by variant',
      metrics: variants.map((variant) => metric(variant.name)('Invocations', variant.name)),
      stat: 'Sum',
      isStacked: true,
      moments,
    },
    {
      title: 'Requests by fleet',
      metrics: [search('fleets', fleets, ['Invocations'], 'Sum', `EndpointName="${name}"`)],
      stat: 'Sum',
      isStacked: true,
      moments,
    },
    ...variants.flatMap(ofVariant),
  ]);
}
