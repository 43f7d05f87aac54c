import { join } from 'node:path';
import { Readable } from 'node:stream';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RealEcs } from '../../../test/support/ecs/real-ecs.ts';
import { systemClock } from '../../aws/clock.ts';
import { createTell } from '../../events/put-events.ts';
import type { StateChange } from '../../events/state-change.ts';
import { type BusEvent, EventStore } from './event-store.ts';

let real: RealEcs;
let store: EventStore;
let url: string;
let sdk: EventBridgeClient;

const credentials = { accessKeyId: 'any', secretAccessKey: 'any', sessionToken: undefined };

beforeEach(async () => {
  real = new RealEcs();
  store = new EventStore(join(real.dir, 'events.jsonl'));
  ({ endpoint: url } = await real.start({ events: store }));
  sdk = new EventBridgeClient({ region: 'us-east-1', credentials, endpoint: url, maxAttempts: 1 });
});

afterEach(() => real.close());

async function kept(): Promise<BusEvent[]> {
  const lines = store.lines({ follow: false }, new AbortController().signal);
  return (await Readable.from(lines).toArray())
    .join('')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): BusEvent => JSON.parse(line));
}

test("an event that the SDK's client puts is kept as a target would get it", async () => {
  const Time = new Date('2026-11-28T12:00:00.700Z');
  const entry = { Source: 'mine', DetailType: 'A thing', Detail: '{"a":1}', Resources: ['arn:a'] };

  const put = await sdk.send(new PutEventsCommand({ Entries: [{ ...entry, Time }] }));

  expect(put.FailedEntryCount).toBe(0);
  expect(await kept()).toEqual([
    {
      version: '0',
      id: put.Entries?.[0]?.EventId,
      'detail-type': 'A thing',
      source: 'mine',
      account: '000000000000',
      time: '2026-11-28T12:00:00Z',
      region: 'us-east-1',
      resources: ['arn:a'],
      detail: { a: 1 },
    },
  ]);
});

test('what is wrong with an entry fails that entry alone', async () => {
  const good = { Source: 'mine', DetailType: 'A thing', Detail: '{}' };
  const Entries = [
    { ...good, Source: 'aws.sagemaker' },
    { ...good, Detail: '[1]' },
    { ...good, Detail: '{"a"' },
    { ...good, DetailType: '' },
    { ...good, EventBusName: 'another' },
    good,
  ];

  const put = await sdk.send(new PutEventsCommand({ Entries }));

  expect(put.FailedEntryCount).toBe(5);
  expect(put.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
    'NotAuthorizedForSourceException',
    'MalformedDetail',
    'MalformedDetail',
    'InvalidArgument',
    'ResourceNotFoundException',
    undefined,
  ]);
  expect(await kept()).toHaveLength(1);
});

test('a call of more than ten entries is refused whole', async () => {
  const entry = { Source: 'mine', DetailType: 'A thing', Detail: '{}' };
  const command = new PutEventsCommand({ Entries: Array.from({ length: 11 }, () => entry) });

  await expect(sdk.send(command)).rejects.toMatchObject({ name: 'ValidationException' });
  expect(await kept()).toEqual([]);
});

test('our own call puts what the SDK would', async () => {
  const change: StateChange = {
    detailType: 'SageMaker Endpoint State Change',
    resource: 'arn:aws:sagemaker:us-east-1:000000000000:endpoint/iris',
    time: Date.parse('2026-11-28T12:00:01.900Z'),
    detail: { EndpointName: 'iris' },
  };
  const place = { eventBridgeUrl: url, region: 'us-east-1' };
  const tell = createTell(place, { credentials, clock: systemClock });

  expect(await tell([change])).toBe(true);
  expect(await kept()).toMatchObject([
    {
      'detail-type': change.detailType,
      source: 'headrace',
      time: '2026-11-28T12:00:01Z',
      resources: [change.resource],
      detail: change.detail,
    },
  ]);
});
