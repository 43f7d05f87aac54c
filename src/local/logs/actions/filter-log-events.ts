import * as z from 'zod';
import { action } from '../action.ts';
import { AwsError } from '../aws-error.ts';
import { groupName } from '../group-name.ts';
import type { LogsContext } from '../logs-context.ts';
import { paginate } from '../page.ts';

const MOST_EVENTS = 10_000;

/** Events of several streams in order of time. Filter patterns are refused: there is no parser for them. */
export const filterLogEvents = action(
  z.object({
    logGroupName: groupName,
    logStreamNames: z.array(z.string()).max(100).optional(),
    logStreamNamePrefix: z.string().optional(),
    filterPattern: z.string().optional(),
    startTime: z.number().default(0),
    endTime: z.number().default(Number.MAX_SAFE_INTEGER),
    limit: z.int().min(1).max(MOST_EVENTS).default(MOST_EVENTS),
    nextToken: z.string().optional(),
  }),
  ({ store }: LogsContext, input) => {
    if (input.filterPattern !== undefined && input.filterPattern !== '') {
      throw new AwsError(
        'InvalidParameterException',
        'filterPattern is not supported by this stand-in: leave it out and filter the events yourself.',
      );
    }
    store.requireGroup(input.logGroupName);
    const { logStreamNamePrefix = '', logStreamNames } = input;
    const streams = store
      .streams(input.logGroupName)
      .map((stream) => stream.name)
      .filter((name) => logStreamNames?.includes(name) ?? name.startsWith(logStreamNamePrefix));

    const events = streams.flatMap((logStreamName) =>
      store
        .events(input.logGroupName, logStreamName)
        .map((event, index) => ({ logStreamName, index, ...event }))
        .filter(({ timestamp }) => timestamp >= input.startTime && timestamp <= input.endTime),
    );
    const page = paginate(events, {
      keyOf: ({ timestamp, logStreamName, index }) =>
        `${String(timestamp).padStart(16, '0')} ${logStreamName} ${String(index).padStart(10, '0')}`,
      limit: input.limit,
      nextToken: input.nextToken,
    });
    return {
      events: page.items.map(({ logStreamName, timestamp, message, index }) => ({
        logStreamName,
        timestamp,
        message,
        ingestionTime: timestamp,
        eventId: `${timestamp}-${logStreamName}-${index}`,
      })),
      searchedLogStreams: [],
      nextToken: page.nextToken,
    };
  },
);
