import * as z from 'zod';
import { parameterAction, parameterName } from '../inputs.ts';
import { requireParameter } from '../ssm-context.ts';

export const deleteParameter = parameterAction(
  z.strictObject({ Name: parameterName }),
  (context, { Name }) => {
    context.parameters.delete(requireParameter(context, Name).Name);
    return {};
  },
);
