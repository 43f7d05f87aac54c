import * as z from 'zod';
import type { Clock } from '../aws/clock.ts';
import type { Config } from '../aws/config.ts';
import { logEvent } from '../aws/log.ts';
import { type Credentials, type Service, signedCall } from '../aws/signed-call.ts';
import type { StateChange, Tell } from './state-change.ts';

const SOURCE = 'headrace';
/** An endpoint's next step waits for the bus, but not for longer. */
const PATIENCE_MS = 1_000;
/** After a failure nobody waits for the bus again for so long: whoever looks next tells. */
const REST_MS = 10_000;

const answer = z.object({
  FailedEntryCount: z.number(),
  Entries: z.array(z.object({ ErrorCode: z.string().optional() })),
});

/** Puts events on the account's default bus, where SageMaker puts its own. At most ten at a time. */
export function createTell(
  { eventBridgeUrl: url, region }: Pick<Config, 'eventBridgeUrl' | 'region'>,
  caller: { credentials: Credentials; clock: Clock },
): Tell {
  const eventBridge: Service = { name: 'events', url, region, json: '1.1' };
  let failedAt: number | undefined;
  const isResting = () => {
    const since = caller.clock.now() - (failedAt ?? Number.NEGATIVE_INFINITY);
    return since >= 0 && since < REST_MS;
  };
  return async (changes) => {
    if (isResting()) return false;
    try {
      const input = { Entries: changes.map(entryOf) };
      const call = signedCall(eventBridge, 'AWSEvents.PutEvents', input, caller);
      const put = answer.parse(await inTime(call));
      if (put.FailedEntryCount > 0) {
        const codes = put.Entries.flatMap(({ ErrorCode }) => ErrorCode ?? []);
        throw new Error(`EventBridge did not take ${put.FailedEntryCount}: ${codes.join(', ')}`);
      }
      failedAt = undefined;
      return true;
    } catch (error) {
      failedAt = caller.clock.now();
      const resources = changes.map(({ resource }) => resource);
      logEvent('warn', { event: 'events-not-put', resources, error: String(error) });
      return false;
    }
  };
}

/** What comes too late may have been taken: it is told again. */
async function inTime<T>(call: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`EventBridge did not answer within ${PATIENCE_MS} ms.`);
    timer = setTimeout(() => reject(error), PATIENCE_MS);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}

function entryOf({ detailType, resource, time, detail }: StateChange) {
  return {
    Source: SOURCE,
    DetailType: detailType,
    Resources: [resource],
    // AWS JSON has times as epoch seconds.
    Time: time / 1000,
    Detail: JSON.stringify(detail),
  };
}
