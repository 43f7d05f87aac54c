import * as z from 'zod';
import { parameterAction, parameterName } from '../inputs.ts';
import { parameterView, requireParameter } from '../ssm-context.ts';

export const getParameter = parameterAction(
  z.strictObject({ Name: parameterName, WithDecryption: z.boolean().default(false) }),
  (context, { Name, WithDecryption }) => ({
    Parameter: parameterView(context, requireParameter(context, Name), WithDecryption),
  }),
);
