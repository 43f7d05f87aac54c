import { SendMessageBatchCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { logEvent } from '../aws/log.ts';
import { wakeMessage } from './wake-message.ts';

const MESSAGES_A_CALL = 10;
/** SQS takes no more; the sweep comes by sooner. */
const LONGEST_DELAY_SECONDS = 900;

export type Wake = (endpoint: string, delaySeconds?: number) => Promise<void>;

/** Wakes the reconciler. The record is written already, so a lost message only waits for the sweep. */
export function createWake(sqs: SQSClient, queueUrl: string): Wake {
  return async (endpoint, delaySeconds = 0) => {
    try {
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: wakeMessage(endpoint),
          DelaySeconds: Math.min(LONGEST_DELAY_SECONDS, delaySeconds),
        }),
      );
    } catch (error) {
      logEvent('warn', { event: 'wake-failed', endpoint, error: String(error) });
    }
  };
}

/** @throws when the queue takes none of them */
export async function wakeAll(sqs: SQSClient, queueUrl: string, endpoints: string[]) {
  for (let from = 0; from < endpoints.length; from += MESSAGES_A_CALL) {
    const Entries = endpoints.slice(from, from + MESSAGES_A_CALL).map((endpoint, position) => ({
      Id: String(position),
      MessageBody: wakeMessage(endpoint),
    }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  }
}
