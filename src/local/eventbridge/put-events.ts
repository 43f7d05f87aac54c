import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Clock } from '../../aws/clock.ts';
import { type Action, action } from '../logs/index.ts';
import type { BusEvent, EventStore } from './event-store.ts';

/** What every operation of the EventBridge stand-in works on. */
export interface EventBridgeContext {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly region: string;
  readonly account: string;
}

/** EventBridge's own bounds: what breaks one of these fails the call, and nothing is taken. */
const input = z.strictObject({
  Entries: z
    .array(
      z.strictObject({
        Source: z.string().optional(),
        DetailType: z.string().optional(),
        Detail: z.string().optional(),
        Resources: z.array(z.string().max(2048)).optional(),
        Time: z.number().optional(),
        EventBusName: z.string().min(1).max(1600).optional(),
        TraceHeader: z.string().min(1).max(500).optional(),
      }),
    )
    .min(1)
    .max(10),
});

type Entry = z.output<typeof input>['Entries'][number];

interface Refused {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

/** What is wrong with an entry fails that entry alone. */
export const putEvents: Action<EventBridgeContext> = action(
  input,
  (context: EventBridgeContext, { Entries }) => {
    const results = Entries.map((entry) => taken(entry, context));
    const events = results.filter((one): one is BusEvent => 'id' in one);
    if (events.length > 0) context.store.append(events);
    return {
      FailedEntryCount: results.length - events.length,
      Entries: results.map((one) => ('id' in one ? { EventId: one.id } : one)),
    };
  },
  'ValidationException',
);

function taken(entry: Entry, { clock, region, account }: EventBridgeContext): BusEvent | Refused {
  const { Source = '', DetailType = '', Detail = '', EventBusName = 'default' } = entry;
  if (!/^(?:default|arn:[^:]+:events:[^:]+:\d+:event-bus\/default)$/.test(EventBusName)) {
    return refused('ResourceNotFoundException', `Event bus ${EventBusName} does not exist.`);
  }
  for (const [name, value] of Object.entries({ Source, DetailType, Detail })) {
    if (value === '') return refused('InvalidArgument', `Parameter ${name} is not valid.`);
  }
  if (Source.startsWith('aws.')) {
    return refused('NotAuthorizedForSourceException', 'Not authorized for the source.');
  }
  const detail = parsed(Detail);
  if (detail === undefined) return refused('MalformedDetail', 'Detail is malformed.');
  const time = entry.Time === undefined ? clock.now() : entry.Time * 1000;
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': DetailType,
    source: Source,
    account,
    time: new Date(time).toISOString().replace(/\.\d+Z$/, 'Z'),
    region,
    resources: entry.Resources ?? [],
    detail,
  };
}

function refused(ErrorCode: string, ErrorMessage: string): Refused {
  return { ErrorCode, ErrorMessage };
}

/** undefined: no JSON object. */
function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
