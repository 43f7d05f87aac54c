import type { Action } from '../logs/index.ts';
import { type EventBridgeContext, putEvents } from './put-events.ts';

export { type BusEvent, EventStore } from './event-store.ts';
export type { EventBridgeContext } from './put-events.ts';

/** What stands before the operation in `X-Amz-Target`. */
export const EVENTBRIDGE_TARGET = 'AWSEvents';

export const eventBridgeOperations: Readonly<Record<string, Action<EventBridgeContext>>> = {
  PutEvents: putEvents,
};
