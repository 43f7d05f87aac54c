import * as z from 'zod';
import { paginate } from '../../logs/index.ts';
import { metricAction } from '../action.ts';
import { metricName, namespace, unsupported } from '../inputs.ts';
import { metricKey } from '../metric-id.ts';
import { asShown } from '../sagemaker-namespace.ts';

const PAGE = 500;
const ONE_ACCOUNT = 'there is one account';

export const listMetrics = metricAction(
  z.strictObject({
    Namespace: namespace.optional(),
    MetricName: metricName.optional(),
    Dimensions: z
      .array(z.strictObject({ Name: z.string(), Value: z.string().optional() }))
      .max(10)
      .default([]),
    NextToken: z.string().optional(),
    // Nothing older is kept.
    RecentlyActive: z.literal('PT3H').optional(),
    IncludeLinkedAccounts: unsupported(ONE_ACCOUNT),
    OwningAccount: unsupported(ONE_ACCOUNT),
  }),
  ({ metrics }, { Namespace, MetricName, Dimensions, NextToken }) => {
    const matching = metrics
      .all()
      .flatMap(asShown)
      .filter((metric) => metric.Namespace === (Namespace ?? metric.Namespace))
      .filter((metric) => metric.MetricName === (MetricName ?? metric.MetricName))
      .filter((metric) =>
        Dimensions.every(({ Name, Value }) =>
          metric.Dimensions.some((one) => one.Name === Name && one.Value === (Value ?? one.Value)),
        ),
      );
    const page = paginate(matching, {
      keyOf: metricKey,
      limit: PAGE,
      nextToken: NextToken,
      invalidToken: 'InvalidParameterValueException',
    });
    return {
      Metrics: page.items.map(({ Namespace, MetricName, Dimensions }) => ({
        Namespace,
        MetricName,
        Dimensions,
      })),
      NextToken: page.nextToken,
    };
  },
);
