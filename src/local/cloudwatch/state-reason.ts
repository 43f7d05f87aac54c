import type { AlarmRule } from './alarm.ts';
import type { Verdict } from './evaluate.ts';

const COMPARED = {
  GreaterThanOrEqualToThreshold: 'greater than or equal to',
  GreaterThanThreshold: 'greater than',
  LessThanThreshold: 'less than',
  LessThanOrEqualToThreshold: 'less than or equal to',
} as const;

const TREATED = {
  breaching: 'Breaching',
  notBreaching: 'NonBreaching',
  ignore: 'Ignored',
  missing: 'Missing',
} as const;

/** What CloudWatch would say of a verdict, short of the times of the values. */
export function stateReason(rule: AlarmRule, { state, evaluated, filled }: Verdict): string {
  if (state === 'INSUFFICIENT_DATA') {
    return `Insufficient Data: ${filled} ${filled === 1 ? 'datapoint was' : 'datapoints were'} unknown.`;
  }
  const treated = `treated as [${TREATED[rule.TreatMissingData ?? 'missing']}]`;
  if (evaluated.length === 0) {
    return `Threshold Crossed: no datapoints were received for ${filled} ${filled === 1 ? 'period' : 'periods'} and ${filled} missing ${filled === 1 ? 'datapoint was' : 'datapoints were'} ${treated}.`;
  }
  const one = evaluated.length === 1;
  const values = evaluated.map(decimal).join(', ');
  const not = state === 'ALARM' ? '' : 'not ';
  const missing = filled > 0 ? ` and ${filled} missing ${treated}` : '';
  return `Threshold Crossed: ${evaluated.length} ${one ? 'datapoint' : 'datapoints'} [${values}] ${one ? 'was' : 'were'} ${not}${COMPARED[rule.ComparisonOperator]} the threshold (${decimal(rule.Threshold)})${missing}.`;
}

function decimal(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}
