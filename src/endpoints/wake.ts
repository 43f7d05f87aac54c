import { SendMessageBatchCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { logEvent } from '../aws/log.ts';
import { wakeMessage } from './wake-message.ts';

const MESSAGES_A_CALL = 10;
/** SQS takes no more; the sweep comes by sooner. */
const LONGEST_DELAY_SECONDS = 900;

export type Wake = (name: string, delaySeconds?: number) => Promise<void>;

/**
 * Wakes the reconciler for an endpoint, or what else `messageOf` speaks of. The record is written already, so a
 * lost message only waits for the sweep.
 */
export function createWake(sqs: SQSClient, queueUrl: string, messageOf = wakeMessage): Wake {
  return async (name, delaySeconds = 0) => {
    try {
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: messageOf(name),
          DelaySeconds: Math.min(LONGEST_DELAY_SECONDS, delaySeconds),
        }),
      );
    } catch (error) {
      logEvent('warn', { event: 'wake-failed', message: messageOf(name), error: String(error) });
    }
  };
}

/** @throws when the queue takes none of them */
export async function wakeAll(
  sqs: SQSClient,
  queueUrl: string,
  names: string[],
  messageOf = wakeMessage,
) {
  for (let from = 0; from < names.length; from += MESSAGES_A_CALL) {
    const Entries = names.slice(from, from + MESSAGES_A_CALL).map((name, position) => ({
      Id: String(position),
      MessageBody: messageOf(name),
    }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  }
}
