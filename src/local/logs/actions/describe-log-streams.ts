import * as z from 'zod';
import { action } from '../action.ts';
import { groupName } from '../group-name.ts';
import { type LogsContext, logGroupArn } from '../logs-context.ts';
import { paginate } from '../page.ts';

export const describeLogStreams = action(
  z.object({
    logGroupName: groupName,
    logStreamNamePrefix: z.string().optional(),
    descending: z.boolean().default(false),
    limit: z.int().min(1).max(50).default(50),
    nextToken: z.string().optional(),
  }),
  (context: LogsContext, { logGroupName, logStreamNamePrefix = '', ...paging }) => {
    context.store.requireGroup(logGroupName);
    const matching = context.store
      .streams(logGroupName)
      .filter((stream) => stream.name.startsWith(logStreamNamePrefix));
    const page = paginate(matching, {
      keyOf: (stream) => stream.name,
      limit: paging.limit,
      nextToken: paging.nextToken,
      descending: paging.descending,
    });
    return {
      logStreams: page.items.map(({ name, creationTime, storedBytes }) => ({
        logStreamName: name,
        creationTime,
        storedBytes,
        arn: `${logGroupArn(context, logGroupName)}:log-stream:${name}`,
      })),
      nextToken: page.nextToken,
    };
  },
);
