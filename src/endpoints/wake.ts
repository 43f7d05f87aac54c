import { SendMessageBatchCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { logEvent } from '../aws/log.ts';
import { wakeMessage } from './wake-message.ts';

const MESSAGES_A_CALL = 10;

/** Wakes the reconciler. The record is written already, so a lost message only waits for the sweep. */
export function createWake(sqs: SQSClient, queueUrl: string): (endpoint: string) => Promise<void> {
  return async (endpoint) => {
    try {
      await sqs.send(
        new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: wakeMessage(endpoint) }),
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
