import type { Dimension } from './metric-id.ts';

export const STATES = ['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const;
export type StateValue = (typeof STATES)[number];

export const COMPARISONS = [
  'GreaterThanOrEqualToThreshold',
  'GreaterThanThreshold',
  'LessThanThreshold',
  'LessThanOrEqualToThreshold',
] as const;

export const MISSING_DATA = ['breaching', 'notBreaching', 'ignore', 'missing'] as const;

/** What of an alarm decides its state; names as in CloudWatch. */
export interface AlarmRule {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly Dimension[];
  readonly Unit?: string | undefined;
  readonly Statistic?: string | undefined;
  readonly ExtendedStatistic?: string | undefined;
  /** Seconds. */
  readonly Period: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number | undefined;
  readonly Threshold: number;
  readonly ComparisonOperator: (typeof COMPARISONS)[number];
  readonly TreatMissingData?: (typeof MISSING_DATA)[number] | undefined;
}

export interface AlarmState {
  readonly StateValue: StateValue;
  readonly StateReason: string;
  readonly StateReasonData?: string | undefined;
  /** Milliseconds since the Unix epoch: the latest change of value, or call of SetAlarmState. */
  readonly stateUpdatedAt: number;
  readonly stateTransitionedAt: number;
  /** SetAlarmState gave the state, and no value of the metric has come to contradict it. */
  readonly setByHand: boolean;
}

export interface Alarm extends AlarmRule, AlarmState {
  readonly AlarmName: string;
  readonly AlarmArn: string;
  readonly AlarmDescription?: string | undefined;
  readonly ActionsEnabled: boolean;
  readonly OKActions: readonly string[];
  readonly AlarmActions: readonly string[];
  readonly InsufficientDataActions: readonly string[];
  readonly configuredAt: number;
}
