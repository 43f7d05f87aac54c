import * as z from 'zod';
import { PERCENTILE, STATISTICS } from './summary.ts';

/** Members that many operations share. */

export const namespace = z.string().min(1).max(255).regex(/^[^:]/, 'must not begin with a colon');
export const metricName = z.string().min(1).max(255);
export const dimensions = z
  .array(z.strictObject({ Name: z.string().min(1).max(255), Value: z.string().min(1).max(1024) }))
  .max(30)
  .default([]);
export const alarmName = z.string().min(1).max(255);
export const alarmNames = z.array(alarmName).max(100);
export const statistic = z.enum(STATISTICS);
export const extendedStatistic = z
  .string()
  .regex(PERCENTILE, 'this stand-in has percentiles only: p0 to p100, such as p99 or p99.9');
export const unit = z.string().min(1).max(64);
/** Seconds since the Unix epoch. */
export const timestamp = z.number().min(0).max(1e11);
/** CloudWatch's bounds for a value. */
export const metricValue = z
  .number()
  .min(-(2 ** 360))
  .max(2 ** 360);

/** A member of CloudWatch's that is refused by its name; `hint` says what to do instead. */
export function unsupported(hint: string) {
  return z.never(`this stand-in does not support it: ${hint}`).optional();
}
