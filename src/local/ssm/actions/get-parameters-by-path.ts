import * as z from 'zod';
import { paginate } from '../../logs/index.ts';
import { parameterAction } from '../inputs.ts';
import { parameterView } from '../ssm-context.ts';

export const getParametersByPath = parameterAction(
  z.strictObject({
    Path: z.string().startsWith('/'),
    Recursive: z.boolean().default(false),
    WithDecryption: z.boolean().default(false),
    MaxResults: z.int().min(1).max(10).default(10),
    NextToken: z.string().optional(),
  }),
  (context, { Path, Recursive, WithDecryption, MaxResults, NextToken }) => {
    const path = Path.endsWith('/') ? Path : `${Path}/`;
    const below = context.parameters.all().filter(({ Name }) => {
      if (!Name.startsWith(path)) return false;
      return Recursive || !Name.slice(path.length).includes('/');
    });
    const page = paginate(below, {
      keyOf: ({ Name }) => Name,
      limit: MaxResults,
      nextToken: NextToken,
      invalidToken: 'InvalidNextToken',
    });
    return {
      Parameters: page.items.map((one) => parameterView(context, one, WithDecryption)),
      NextToken: page.nextToken,
    };
  },
);
