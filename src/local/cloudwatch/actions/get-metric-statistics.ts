import * as z from 'zod';
import { AwsError } from '../../logs/index.ts';
import { metricAction } from '../action.ts';
import {
  dimensions,
  extendedStatistic,
  metricName,
  namespace,
  statistic,
  timestamp,
  unit,
} from '../inputs.ts';
import { periodsOf } from '../periods.ts';
import { type Summary, statisticOf } from '../summary.ts';

const MOST_DATAPOINTS = 1440;

export const getMetricStatistics = metricAction(
  z.strictObject({
    Namespace: namespace,
    MetricName: metricName,
    Dimensions: dimensions,
    StartTime: timestamp,
    EndTime: timestamp,
    Period: z
      .int()
      .refine(
        (seconds) => [1, 5, 10, 20, 30].includes(seconds) || (seconds > 0 && seconds % 60 === 0),
        {
          error: 'must be 1, 5, 10, 20, 30 or a multiple of 60',
        },
      ),
    Statistics: z.array(statistic).max(5).default([]),
    ExtendedStatistics: z.array(extendedStatistic).max(10).default([]),
    Unit: unit.optional(),
  }),
  ({ metrics }, input) => {
    const { Period, Statistics, ExtendedStatistics } = input;
    if (Statistics.length + ExtendedStatistics.length === 0) {
      throw new AwsError(
        'InvalidParameterCombinationException',
        'At least one of the parameters Statistics and ExtendedStatistics must be specified.',
      );
    }
    const { from, count } = rangeOf(input);
    const metric = metrics.get(input);
    if (metric === undefined || (input.Unit ?? metric.unit) !== metric.unit) {
      return { Label: input.MetricName, Datapoints: [] };
    }
    const periods = periodsOf(metric.seconds, { from, period: Period, count });
    return {
      Label: input.MetricName,
      Datapoints: periods.flatMap((values, index) =>
        values === undefined
          ? []
          : {
              Timestamp: new Date((from + index * Period) * 1000),
              Unit: metric.unit,
              ...statisticsOf(values, Statistics),
              ...(ExtendedStatistics.length > 0 && {
                ExtendedStatistics: statisticsOf(values, ExtendedStatistics),
              }),
            },
      ),
    };
  },
);

/** In whole periods since the epoch, as CloudWatch cuts them; the end is exclusive. */
function rangeOf({
  StartTime,
  EndTime,
  Period,
}: Record<'StartTime' | 'EndTime' | 'Period', number>) {
  if (StartTime >= EndTime) {
    throw new AwsError(
      'InvalidParameterValueException',
      'The parameter StartTime must be less than the parameter EndTime.',
    );
  }
  const from = Math.floor(StartTime / Period) * Period;
  const count = Math.ceil((EndTime - from) / Period);
  if (count > MOST_DATAPOINTS) {
    throw new AwsError(
      'InvalidParameterCombinationException',
      `You have requested up to ${count} datapoints, which exceeds the limit of ${MOST_DATAPOINTS}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
    );
  }
  return { from, count };
}

function statisticsOf(values: Summary, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = statisticOf(values, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
