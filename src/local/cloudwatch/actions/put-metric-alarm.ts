import * as z from 'zod';
import { AwsError } from '../../logs/index.ts';
import { alarmAction } from '../action.ts';
import { type AlarmRule, type AlarmState, COMPARISONS, MISSING_DATA } from '../alarm.ts';
import {
  alarmName,
  dimensions,
  extendedStatistic,
  metricName,
  namespace,
  statistic,
  unit,
  unsupported,
} from '../inputs.ts';

const MOST_ALARMS = 5000;
const HOUR = 3600;
const DAY = 86_400;
const WEEK = 7 * DAY;

const actions = z.array(z.string().min(1).max(1024)).max(5).default([]);
const ONE_METRIC = 'use MetricName, Namespace and Statistic, the form for one metric';

/** Actions are kept and shown; nothing is sent to them. Tags are taken and not kept. */
export const putMetricAlarm = alarmAction(
  z.strictObject({
    AlarmName: alarmName,
    AlarmDescription: z.string().max(1024).optional(),
    ActionsEnabled: z.boolean().default(true),
    OKActions: actions,
    AlarmActions: actions,
    InsufficientDataActions: actions,
    Metrics: unsupported(ONE_METRIC),
    ThresholdMetricId: unsupported(ONE_METRIC),
    EvaluationCriteria: unsupported(ONE_METRIC),
    EvaluationInterval: unsupported(ONE_METRIC),
    MetricName: metricName,
    Namespace: namespace,
    Dimensions: dimensions,
    Statistic: statistic.optional(),
    ExtendedStatistic: extendedStatistic.optional(),
    Unit: unit.optional(),
    Period: z.int(),
    EvaluationPeriods: z.int().min(1),
    DatapointsToAlarm: z.int().min(1).optional(),
    Threshold: z.number(),
    ComparisonOperator: z.enum(COMPARISONS),
    TreatMissingData: z.enum(MISSING_DATA).optional(),
    EvaluateLowSampleCountPercentile: unsupported('percentiles are evaluated from the first value'),
    Tags: z.unknown().optional(),
  }),
  ({ alarms, options }, { Tags: _tags, ...input }) => {
    checkRule(input);
    const before = alarms.get(input.AlarmName);
    if (before === undefined && alarms.all().length >= MOST_ALARMS) {
      throw new AwsError(
        'LimitExceededFault',
        `There are ${MOST_ALARMS} alarms already. Delete some with DeleteAlarms.`,
      );
    }
    const now = options.clock.now();
    alarms.put([
      {
        ...(before === undefined ? unchecked(now) : stateOf(before)),
        ...input,
        AlarmArn: `arn:aws:cloudwatch:${options.region}:${options.account}:alarm:${input.AlarmName}`,
        configuredAt: now,
      },
    ]);
    return {};
  },
);

function checkRule(rule: AlarmRule): void {
  const { Period, EvaluationPeriods, DatapointsToAlarm = 1, Statistic, ExtendedStatistic } = rule;
  if (Statistic !== undefined && ExtendedStatistic !== undefined) {
    throw invalid(
      'PutMetricAlarm request can not be made with both Statistic and ExtendedStatistic parameters. Only one of them should be present',
    );
  }
  if (Statistic === undefined && ExtendedStatistic === undefined) {
    throw invalid('PutMetricAlarm request should have a Statistic parameter');
  }
  if (![10, 20, 30].includes(Period) && (Period < 60 || Period % 60 !== 0)) {
    throw invalid('Period must be 10, 20, 30 or a multiple of 60');
  }
  const [longest, name] = Period < HOUR ? [DAY, 'a day'] : [WEEK, 'a week'];
  if (Period * EvaluationPeriods > longest) {
    throw invalid(
      `Metrics cannot be checked across more than ${name} (EvaluationPeriods * Period must be <= ${longest}).`,
    );
  }
  if (DatapointsToAlarm > EvaluationPeriods) {
    throw invalid('DatapointsToAlarm must be less than or equal to EvaluationPeriods');
  }
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

function unchecked(now: number): AlarmState {
  return {
    StateValue: 'INSUFFICIENT_DATA',
    StateReason: 'Unchecked: Initial alarm creation',
    stateUpdatedAt: now,
    stateTransitionedAt: now,
    setByHand: false,
  };
}

/** A change of the rule leaves the state; the next evaluation goes by the new rule. */
function stateOf(alarm: AlarmState): AlarmState {
  const { StateValue, StateReason, StateReasonData } = alarm;
  const { stateUpdatedAt, stateTransitionedAt, setByHand } = alarm;
  return {
    StateValue,
    StateReason,
    StateReasonData,
    stateUpdatedAt,
    stateTransitionedAt,
    setByHand,
  };
}
