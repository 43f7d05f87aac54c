import * as z from 'zod';
import { AwsError } from '../../logs/index.ts';
import { metricAction } from '../action.ts';
import {
  dimensions,
  metricName,
  metricValue,
  namespace,
  timestamp,
  unit,
  unsupported,
} from '../inputs.ts';
import { merge, type Summary, summaryOf } from '../summary.ts';
import { isTaken } from '../time-bounds.ts';

const count = z.number().positive().max(1e15);
const datum = z.strictObject({
  MetricName: metricName,
  Dimensions: dimensions,
  Timestamp: timestamp.optional(),
  Value: metricValue.optional(),
  Values: z.array(metricValue).min(1).max(150).optional(),
  Counts: z.array(count).max(150).optional(),
  StatisticValues: z
    .strictObject({
      SampleCount: count,
      Sum: metricValue,
      Minimum: metricValue,
      Maximum: metricValue,
    })
    .optional(),
  Unit: unit.default('None'),
  // Every value is kept to the second, whatever is asked for.
  StorageResolution: z.union([z.literal(1), z.literal(60)]).optional(),
});

export const putMetricData = metricAction(
  z.strictObject({
    Namespace: namespace,
    MetricData: z.array(datum).max(1000).default([]),
    EntityMetricData: unsupported('use MetricData'),
    StrictEntityValidation: z.boolean().optional(),
  }),
  ({ metrics, options }, { Namespace, MetricData }) => {
    if (Namespace.startsWith('AWS/')) {
      throw new AwsError(
        'InvalidParameterValueException',
        `The value ${Namespace} for parameter Namespace is invalid: names that begin with AWS/ are not yours to write.`,
      );
    }
    const now = options.clock.now();
    const all = MetricData.map((one, index) => {
      const at = one.Timestamp === undefined ? now : one.Timestamp * 1000;
      if (!isTaken(at, now)) {
        throw new AwsError(
          'InvalidParameterValueException',
          `The parameter MetricData.member.${index + 1}.Timestamp must be within the last two weeks, and at most two hours ahead.`,
        );
      }
      return { ...one, at, values: valuesOf(one, `MetricData.member.${index + 1}`) };
    });
    for (const { MetricName, Dimensions, Unit, at, values } of all) {
      metrics.add({ Namespace, MetricName, Dimensions }, at, Unit, values);
    }
    return {};
  },
);

function valuesOf(
  { Value, Values, Counts, StatisticValues }: z.infer<typeof datum>,
  member: string,
): Summary {
  const given = Object.entries({ Value, Values, StatisticValues }).filter(
    ([, value]) => value !== undefined,
  );
  const [first, second] = given.map(([name]) => name);
  if (second !== undefined) {
    throw new AwsError(
      'InvalidParameterCombinationException',
      `The parameters ${member}.${first} and ${member}.${second} are mutually exclusive and you have specified both.`,
    );
  }
  if (Counts !== undefined && Counts.length !== Values?.length) {
    throw new AwsError(
      'InvalidParameterValueException',
      `The parameters ${member}.Values and ${member}.Counts must be of the same size.`,
    );
  }
  if (StatisticValues !== undefined) return statisticSet(StatisticValues);
  const all = (Values ?? (Value === undefined ? [] : [Value])).map((value, index) =>
    summaryOf(value, Counts?.[index]),
  );
  if (all.length === 0) {
    throw new AwsError(
      'MissingRequiredParameterException',
      `The parameter ${member}.Value is required.`,
    );
  }
  return all.reduce(merge);
}

function statisticSet(set: NonNullable<z.infer<typeof datum>['StatisticValues']>): Summary {
  const { SampleCount, Sum, Minimum, Maximum } = set;
  const summary = { count: SampleCount, sum: Sum, min: Minimum, max: Maximum };
  return Minimum === Maximum ? summary : { ...summary, bins: 'unknown' };
}
