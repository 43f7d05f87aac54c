import type * as z from 'zod';
import { AwsError } from './aws-error.ts';

/** One operation: takes the parsed JSON of a request, gives what becomes the JSON of the answer. */
export type Action<Context> = (context: Context, input: unknown) => unknown;

/** An operation whose input is checked first. An error with the code `invalid` names the member at fault. */
export function action<Context, Input>(
  schema: z.ZodType<Input>,
  run: (context: Context, input: Input) => unknown,
  invalid = 'InvalidParameterException',
): Action<Context> {
  return (context, input) => {
    const parsed = schema.safeParse(input);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const member = issue?.path.join('.') || 'input';
      throw new AwsError(invalid, `${member}: ${issue?.message}`);
    }
    return run(context, parsed.data);
  };
}
