import * as z from 'zod';
import { action } from '../action.ts';
import { type LogsContext, logGroupArn } from '../logs-context.ts';
import { paginate } from '../page.ts';

export const describeLogGroups = action(
  z.object({
    logGroupNamePrefix: z.string().optional(),
    limit: z.int().min(1).max(50).default(50),
    nextToken: z.string().optional(),
  }),
  (context: LogsContext, { logGroupNamePrefix = '', limit, nextToken }) => {
    const matching = context.store
      .groups()
      .filter((group) => group.name.startsWith(logGroupNamePrefix));
    const page = paginate(matching, { keyOf: (group) => group.name, limit, nextToken });
    return {
      logGroups: page.items.map(({ name, creationTime, retentionInDays }) => ({
        logGroupName: name,
        creationTime,
        retentionInDays,
        metricFilterCount: 0,
        storedBytes: 0,
        arn: `${logGroupArn(context, name)}:*`,
        logGroupArn: logGroupArn(context, name),
      })),
      nextToken: page.nextToken,
    };
  },
);
