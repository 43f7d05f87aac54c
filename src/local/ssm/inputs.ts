import * as z from 'zod';
import { type Action, action } from '../logs/index.ts';
import type { SsmContext } from './ssm-context.ts';

/** SSM's rule: a path of at most fifteen levels. */
export const parameterName = z
  .string()
  .max(1011)
  .regex(/^\/?[\w.-]+(?:\/[\w.-]+){0,14}$/);

/** One operation: its input's schema, and what it does. */
export function parameterAction<Input>(
  schema: z.ZodType<Input>,
  run: (context: SsmContext, input: Input) => unknown,
): Action<SsmContext> {
  return action(schema, run, 'ValidationException');
}
