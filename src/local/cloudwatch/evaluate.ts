import type { AlarmRule, StateValue } from './alarm.ts';

/** A period's statistic, or undefined where the metric had no value. Oldest first. */
export type Points = readonly (number | undefined)[];

export interface Verdict {
  /** undefined: the alarm keeps the state it has. */
  readonly state: StateValue | undefined;
  /** The values that counted, oldest first. */
  readonly evaluated: readonly number[];
  /** How many periods without a value had to be filled in. */
  readonly filled: number;
}

type Rule = Pick<
  AlarmRule,
  | 'EvaluationPeriods'
  | 'DatapointsToAlarm'
  | 'Threshold'
  | 'ComparisonOperator'
  | 'TreatMissingData'
>;

/** CloudWatch looks back further than it must, so that a late value does not count as a missing one. */
const SPARE_PERIODS = 2;

/** How many periods an evaluation looks at. */
export function evaluationRange({ EvaluationPeriods }: Rule): number {
  return EvaluationPeriods + SPARE_PERIODS;
}

/**
 * The state that the values of the evaluation range make. Rules and tables: CloudWatch user guide,
 * "Evaluating an alarm" and "Configuring how CloudWatch alarms treat missing data".
 */
export function evaluate(rule: Rule, points: Points): Verdict {
  const evaluated = points.filter((value) => value !== undefined).slice(-rule.EvaluationPeriods);
  const filled = rule.EvaluationPeriods - evaluated.length;
  const breaching = evaluated.filter((value) => breaches(rule, value)).length;
  const needed = rule.DatapointsToAlarm ?? rule.EvaluationPeriods;
  if (breaching >= needed) return { state: 'ALARM', evaluated, filled };
  if (filled === 0) return { state: 'OK', evaluated, filled };
  return { state: withMissing(), evaluated, filled };

  function withMissing(): StateValue | undefined {
    switch (rule.TreatMissingData ?? 'missing') {
      case 'breaching':
        return breaching + filled >= needed ? 'ALARM' : 'OK';
      case 'notBreaching':
        return 'OK';
      case 'ignore':
        return breaching < evaluated.length ? 'OK' : undefined;
      case 'missing':
        if (evaluated.length === 0) return 'INSUFFICIENT_DATA';
        if (breaching < evaluated.length) return 'OK';
        // All that there is breaches. Once the first of it is old enough, nothing better is coming.
        return ageOfOldest(points) >= needed ? 'ALARM' : undefined;
    }
  }
}

export function breaches(
  { ComparisonOperator, Threshold }: Pick<Rule, 'ComparisonOperator' | 'Threshold'>,
  value: number,
): boolean {
  switch (ComparisonOperator) {
    case 'GreaterThanOrEqualToThreshold':
      return value >= Threshold;
    case 'GreaterThanThreshold':
      return value > Threshold;
    case 'LessThanThreshold':
      return value < Threshold;
    case 'LessThanOrEqualToThreshold':
      return value <= Threshold;
  }
}

/** In periods; the newest is 1 old. */
function ageOfOldest(points: Points): number {
  return points.length - points.findIndex((value) => value !== undefined);
}
