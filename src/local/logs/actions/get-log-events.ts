import * as z from 'zod';
import { action } from '../action.ts';
import { AwsError } from '../aws-error.ts';
import { groupName } from '../group-name.ts';
import { indexOf, type LogEvent, type Position, positionAt } from '../log-reader.ts';
import type { LogsContext } from '../logs-context.ts';

/** CloudWatch's bounds: 10,000 events, and 1 MiB with 26 bytes of overhead for each. */
const MOST_EVENTS = 10_000;
const MOST_BYTES = 1024 * 1024;
const EVENT_OVERHEAD_BYTES = 26;

/** A token points at a place; `f/` reads on from it, `b/` reads what comes before it. */
const TOKEN = /^(f|b)\/(\d+)\/(\d+)$/;

export const getLogEvents = action(
  z.object({
    logGroupName: groupName,
    logStreamName: z.string().min(1),
    startTime: z.number().optional(),
    endTime: z.number().optional(),
    nextToken: z.string().optional(),
    limit: z.int().min(1).max(MOST_EVENTS).default(MOST_EVENTS),
    startFromHead: z.boolean().default(false),
  }),
  ({ store }: LogsContext, input) => {
    const { startTime = 0, endTime = Number.POSITIVE_INFINITY } = input;
    const events = store
      .events(input.logGroupName, input.logStreamName)
      .filter(({ timestamp }) => timestamp >= startTime && timestamp < endTime);
    const { forward, from } = startOf(input, events);

    const [first, end] = forward
      ? [from, walk(events, from, 1, input.limit)]
      : [walk(events, from, -1, input.limit), from];

    return {
      events: events.slice(first, end).map((event) => ({
        ...event,
        ingestionTime: event.timestamp,
      })),
      nextForwardToken: encode('f', positionAt(events, end)),
      nextBackwardToken: encode('b', positionAt(events, first)),
    };
  },
);

function startOf(
  input: { nextToken?: string | undefined; startFromHead: boolean },
  events: readonly LogEvent[],
): { forward: boolean; from: number } {
  if (input.nextToken === undefined) {
    return { forward: input.startFromHead, from: input.startFromHead ? 0 : events.length };
  }
  const match = TOKEN.exec(input.nextToken);
  if (match === null) {
    throw new AwsError(
      'InvalidParameterException',
      'The specified nextToken is invalid: pass one that GetLogEvents gave.',
    );
  }
  const position = { timestamp: Number(match[2]), count: Number(match[3]) };
  return { forward: match[1] === 'f', from: indexOf(events, position) };
}

function encode(direction: 'f' | 'b', position: Position): string {
  return `${direction}/${position.timestamp}/${position.count}`;
}

/** The index where a page that starts at `from` ends. */
function walk(events: readonly LogEvent[], from: number, step: 1 | -1, limit: number): number {
  let index = from;
  let bytes = 0;
  for (let count = 0; count < limit; count += 1) {
    const event = events[step === 1 ? index : index - 1];
    if (event === undefined) break;
    bytes += Buffer.byteLength(event.message) + EVENT_OVERHEAD_BYTES;
    if (bytes > MOST_BYTES && count > 0) break;
    index += step;
  }
  return index;
}
