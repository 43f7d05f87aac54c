import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';

const WAIT_SECONDS = 20;
const RETRY_SECONDS = 1;
const PAUSE_MS = 500;

type Handler = (event: Pick<SQSEvent, 'Records'>) => Promise<SQSBatchResponse>;

/**
 * Lambda's event source mapping: takes messages off the queue to the function, and deletes those that
 * it did not report as failed. `stop` lets the batch that runs finish.
 */
export function startEventSource(sqs: SQSClient, queueUrl: string, handler: Handler) {
  const stopping = new AbortController();
  const polling = poll(sqs, queueUrl, handler, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await polling;
    },
  };
}

async function poll(sqs: SQSClient, queueUrl: string, handler: Handler, signal: AbortSignal) {
  while (!signal.aborted) {
    try {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: WAIT_SECONDS,
        }),
        { abortSignal: signal },
      );
      if (Messages.length > 0) await deliver(sqs, queueUrl, handler, Messages);
    } catch (error) {
      if (signal.aborted) return;
      console.error('queue: not read, trying again:', error);
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function deliver(sqs: SQSClient, QueueUrl: string, handler: Handler, messages: Message[]) {
  const Records = messages.map(({ MessageId = '', Body = '' }) => ({
    messageId: MessageId,
    body: Body,
  }));
  const { batchItemFailures } = await handler({ Records: Records as SQSEvent['Records'] });
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  for (const { MessageId = '', ReceiptHandle } of messages) {
    const message = { QueueUrl, ReceiptHandle };
    if (failed.has(MessageId)) {
      const again = { ...message, VisibilityTimeout: RETRY_SECONDS };
      await sqs.send(new ChangeMessageVisibilityCommand(again));
    } else {
      await sqs.send(new DeleteMessageCommand(message));
    }
  }
}
