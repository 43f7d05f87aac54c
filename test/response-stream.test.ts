import { join } from 'node:path';
import {
  InvokeEndpointWithResponseStreamCommand,
  type ResponseStream,
} from '@aws-sdk/client-sagemaker-runtime';
import { beforeAll, expect, test } from 'vitest';
import { run, withoutAwsSettings } from './support/command.ts';
import { ownStack } from './support/own-stack.ts';
import { createPipeline, inService, invoke } from './support/pipelines.ts';
import { describeWith } from './support/required-client.ts';
import { stage } from './support/stage.ts';

const { home, stack, clients } = await ownStack();

beforeAll(async () => {
  await createPipeline(clients.sagemaker, 'streams', [
    stage(home.image),
    stage(home.image, { ANSWER: 'stream', CONTENT_TYPE: 'text/plain; v=1', ATTRIBUTES: 'mine' }),
  ]);
  await createPipeline(clients.sagemaker, 'refuses', [stage(home.image, { REFUSES: 'bad' })]);
  await Promise.all(['streams', 'refuses'].map((name) => inService(clients.sagemaker, name)));
});

function openStream(EndpointName: string, Body: string) {
  const command = new InvokeEndpointWithResponseStreamCommand({
    EndpointName,
    Body,
    ContentType: 'text/plain',
    Accept: 'text/csv',
  });
  return clients.runtime.send(command);
}

function textOf(event: ResponseStream | undefined): string {
  return Buffer.from(event?.PayloadPart?.Bytes ?? []).toString();
}

test('the last stage streams to the client, chunk by chunk as they come', async () => {
  const answer = await openStream('streams', 'hello');
  const events = answer.Body![Symbol.asyncIterator]();

  const first = await events.next();
  const released = await invoke(clients.runtime, 'streams', 'finish');
  const second = await events.next();
  const end = await events.next();

  expect(answer).toMatchObject({
    ContentType: 'text/plain; v=1',
    CustomAttributes: 'mine',
    InvokedProductionVariant: 'AllTraffic',
  });
  expect(textOf(first.value)).toBe('hello first');
  expect(released).toBe('released');
  expect(textOf(second.value)).toBe(' second');
  expect(end.done).toBe(true);
});

test('a stage that breaks off in the middle is an exception of the stream', async () => {
  const answer = await openStream('streams', 'hello');
  const events = answer.Body![Symbol.asyncIterator]();

  const first = await events.next();
  await invoke(clients.runtime, 'streams', 'break');
  const broken = await events.next().catch((error: unknown) => error);

  expect(textOf(first.value)).toBe('hello first');
  expect(broken).toMatchObject({
    name: 'ModelStreamError',
    ErrorCode: 'StreamBroken',
    message: expect.stringContaining('Your model container-2 broke off'),
  });
});

test('a stage that fails before its first byte is a ModelError', async () => {
  const error = await openStream('refuses', 'bad').catch((reason: unknown) => reason);

  expect(error).toMatchObject({ name: 'ModelError', OriginalStatusCode: 400 });
});

test('an endpoint that is not there is a ValidationError', async () => {
  const error = await openStream('nowhere', 'x').catch((reason: unknown) => reason);

  expect(error).toMatchObject({ name: 'ValidationError' });
});

await describeWith('boto3', ['python3', '-c', 'import boto3'], () => {
  test('boto3 decodes the stream, and its exceptions', async () => {
    const script = join(import.meta.dirname, 'boto3_response_stream.py');

    const ran = await run('python3', [script, stack.gateway], withoutAwsSettings());

    expect(ran.stderr).toBe('');
    expect(ran.stdout).toMatch(/^done$/m);
  }, 60_000);
});
