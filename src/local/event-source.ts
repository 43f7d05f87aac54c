import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { chunks } from '../aws/chunks.ts';

const WAIT_SECONDS = 20;
const MESSAGES_A_CALL = 10;
/** What Lambda gives a function with a batching window at most is far more. */
const LARGEST_BATCH = 500;
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

/**
 * Gives a function that takes one event the events of a batch, one after the other: EventBridge's way,
 * with a queue to hold what the function could not take yet.
 */
export function onEach(handler: (event: unknown) => Promise<unknown>): Handler {
  return async ({ Records }) => {
    const failed: string[] = [];
    for (const { body, messageId } of Records) {
      try {
        await handler(JSON.parse(body));
      } catch (error) {
        console.error('event: not taken, it comes again:', error);
        failed.push(messageId);
      }
    }
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

async function poll(sqs: SQSClient, queueUrl: string, handler: Handler, signal: AbortSignal) {
  while (!signal.aborted) {
    try {
      const messages = await receive(sqs, queueUrl, signal);
      if (messages.length > 0) await deliver(sqs, queueUrl, handler, messages);
    } catch (error) {
      if (signal.aborted) return;
      console.error('queue: not read, trying again:', error);
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Waits for the first message, then takes what lies there: the function looks once at each endpoint. */
async function receive(sqs: SQSClient, QueueUrl: string, signal: AbortSignal): Promise<Message[]> {
  const messages: Message[] = [];
  for (;;) {
    const WaitTimeSeconds = messages.length === 0 ? WAIT_SECONDS : 0;
    const command = { QueueUrl, MaxNumberOfMessages: MESSAGES_A_CALL, WaitTimeSeconds };
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(command), {
      abortSignal: signal,
    });
    messages.push(...Messages);
    if (Messages.length < MESSAGES_A_CALL || messages.length >= LARGEST_BATCH) return messages;
  }
}

async function deliver(sqs: SQSClient, QueueUrl: string, handler: Handler, messages: Message[]) {
  const Records = messages.map(({ MessageId = '', Body = '' }) => ({
    messageId: MessageId,
    body: Body,
  }));
  const { batchItemFailures } = await handler({ Records: Records as SQSEvent['Records'] });
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  for (const some of chunks(messages, MESSAGES_A_CALL)) {
    const entries = some.map((message, position) => ({
      Id: String(position),
      ReceiptHandle: message.ReceiptHandle,
      isFailed: failed.has(message.MessageId ?? ''),
    }));
    const done = entries.filter(({ isFailed }) => !isFailed);
    const again = entries.filter(({ isFailed }) => isFailed);
    if (done.length > 0) {
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: done.map(bare) }));
    }
    if (again.length > 0) {
      const Entries = again.map((entry) => ({ ...bare(entry), VisibilityTimeout: RETRY_SECONDS }));
      await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
    }
  }
}

function bare({ Id, ReceiptHandle }: { Id: string; ReceiptHandle: string | undefined }) {
  return { Id, ReceiptHandle };
}
