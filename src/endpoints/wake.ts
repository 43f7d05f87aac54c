import { SendMessageBatchCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { chunks } from '../aws/chunks.ts';
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

/**
 * Sends the reconciler each of them. What the queue refuses waits for the next sweep.
 * @throws when a call fails as a whole
 */
export async function wakeAll(sqs: SQSClient, queueUrl: string, all: string[]) {
  for (const messages of chunks(all, MESSAGES_A_CALL)) {
    const Entries = messages.map((MessageBody, at) => ({ Id: String(at), MessageBody }));
    const { Failed = [] } = await sqs.send(
      new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }),
    );
    for (const { Id, Code, Message } of Failed) {
      const error = `${Code}: ${Message}`;
      logEvent('warn', { event: 'wake-failed', message: messages[Number(Id)], error });
    }
  }
}
