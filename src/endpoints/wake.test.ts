import type { SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createWake, wakeAll } from './wake.ts';

const QUEUE = 'http://queue';

/** A queue that refuses what `refused` names. */
function queue(refused: string[] = []) {
  const calls: string[][] = [];
  const send = async ({ input: { Entries = [] } }: SendMessageBatchCommand) => {
    calls.push(Entries.map(({ MessageBody = '' }) => MessageBody));
    const Failed = Entries.filter(({ MessageBody = '' }) => refused.includes(MessageBody));
    return { Failed: Failed.map(({ Id }) => ({ Id, Code: 'InternalError', Message: 'not now' })) };
  };
  return { sqs: { send } as unknown as SQSClient, calls };
}

test('names go ten a call, none left out', async () => {
  const names = Array.from({ length: 21 }, (_, at) => `words-${at}`);
  const { sqs, calls } = queue();

  await wakeAll(sqs, QUEUE, names);

  expect(calls.map((messages) => messages.length)).toEqual([10, 10, 1]);
  expect(calls.flat()).toEqual(names);
});

test('what the queue refuses is in the log', async () => {
  const { sqs } = queue(['b']);
  const log = vi.spyOn(console, 'error').mockReturnValue();
  onTestFinished(() => log.mockRestore());

  await wakeAll(sqs, QUEUE, ['a', 'b', 'c']);

  expect(log.mock.calls.map(([line]) => JSON.parse(line))).toEqual([
    expect.objectContaining({
      event: 'wake-failed',
      message: 'b',
      error: 'InternalError: not now',
    }),
  ]);
});

test('a wake that is due later than SQS can wait comes as late as it can', async () => {
  const delays: (number | undefined)[] = [];
  const send = async ({ input }: SendMessageCommand) => delays.push(input.DelaySeconds);
  const wake = createWake({ send } as unknown as SQSClient, QUEUE);

  await wake('words');
  await wake('words', 60);
  await wake('words', 3_600);

  expect(delays).toEqual([0, 60, 900]);
});
