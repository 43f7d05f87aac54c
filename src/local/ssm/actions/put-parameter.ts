import * as z from 'zod';
import { AwsError } from '../../logs/index.ts';
import { parameterAction, parameterName } from '../inputs.ts';

/** Of a standard parameter. */
const MAX_VALUE = 4096;

export const putParameter = parameterAction(
  z.strictObject({
    Name: parameterName,
    Value: z.string().min(1).max(MAX_VALUE),
    Type: z.enum(['String', 'SecureString']),
    Overwrite: z.boolean().default(false),
  }),
  ({ parameters, clock }, { Name, Value, Type, Overwrite }) => {
    const known = parameters.get(Name);
    if (known !== undefined && !Overwrite) {
      throw new AwsError(
        'ParameterAlreadyExists',
        'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
      );
    }
    const Version = (known?.Version ?? 0) + 1;
    parameters.put({ Name, Value, Type, Version, LastModifiedDate: clock.now() / 1000 });
    return { Version, Tier: 'Standard' };
  },
);
