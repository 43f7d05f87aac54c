import type { Alarm } from './alarm.ts';
import { evaluate, evaluationRange, type Points } from './evaluate.ts';
import type { Metrics } from './metrics.ts';
import { periodsOf } from './periods.ts';
import { stateReason } from './state-reason.ts';
import { statisticOf } from './summary.ts';

/** The alarms whose state is no longer what it was, as they are now. */
export function evaluateAlarms(
  alarms: readonly Alarm[],
  metrics: Pick<Metrics, 'get'>,
  now: number,
): Alarm[] {
  return alarms.flatMap((alarm) => {
    const next = afterEvaluation(alarm, pointsOf(alarm, metrics, now), now);
    return next === alarm ? [] : [next];
  });
}

/**
 * The statistics of the alarm's evaluation range. Periods end with the last whole second and move with
 * it, where CloudWatch moves them every 10 seconds or every minute: a laptop has impatient users.
 */
function pointsOf(alarm: Alarm, metrics: Pick<Metrics, 'get'>, now: number): Points {
  const count = evaluationRange(alarm);
  const metric = metrics.get(alarm);
  if (metric === undefined || (alarm.Unit !== undefined && alarm.Unit !== metric.unit)) {
    return new Array(count).fill(undefined);
  }
  const from = Math.floor(now / 1000) - count * alarm.Period;
  const statistic = alarm.Statistic ?? alarm.ExtendedStatistic ?? '';
  return periodsOf(metric.seconds, { from, period: alarm.Period, count }).map((values) =>
    values === undefined ? undefined : statisticOf(values, statistic),
  );
}

function afterEvaluation(alarm: Alarm, points: Points, now: number): Alarm {
  const verdict = evaluate(alarm, points);
  const hasValues = verdict.evaluated.length > 0;
  if (alarm.setByHand && !hasValues) return alarm;
  if (verdict.state === undefined || verdict.state === alarm.StateValue) {
    return alarm.setByHand ? { ...alarm, setByHand: false } : alarm;
  }
  return {
    ...alarm,
    StateValue: verdict.state,
    StateReason: stateReason(alarm, verdict),
    StateReasonData: undefined,
    stateUpdatedAt: now,
    stateTransitionedAt: now,
    setByHand: false,
  };
}
