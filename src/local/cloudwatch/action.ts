import type * as z from 'zod';
import { type Action, action as anyAction } from '../logs/index.ts';
import type { CloudWatch } from './cloudwatch.ts';

export type CloudWatchAction = Action<CloudWatch>;

/**
 * One operation on alarms: its input's schema, and what it does. Times come in as seconds since the
 * Unix epoch, and go out as `Date`.
 */
export function alarmAction<Input>(
  schema: z.ZodType<Input>,
  run: (cloudwatch: CloudWatch, input: Input) => unknown,
): CloudWatchAction {
  return anyAction<CloudWatch, Input>(schema, run, 'ValidationException');
}

/** One operation on metrics; they have another name for the same error. */
export function metricAction<Input>(
  schema: z.ZodType<Input>,
  run: (cloudwatch: CloudWatch, input: Input) => unknown,
): CloudWatchAction {
  return anyAction<CloudWatch, Input>(schema, run, 'InvalidParameterValueException');
}
