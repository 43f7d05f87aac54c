import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startApi, type TestApi } from '../../test/support/api.ts';
import type { Services } from '../protocol/operation.ts';
import { keyOf, newRecord } from '../records/named-record.ts';
import { type Flow, feeds, loopThrough } from './feeds.ts';
import { type ObjectEvent, objectEvents } from './object-events.ts';
import { startTriggeredJobs, triggeredJobName } from './start-triggered-job.ts';
import type { TransformTriggerRecord } from './trigger-record.ts';

function flow(name: string, from: string, to: string, suffix = ''): Flow {
  const place = (text: string) => {
    const [bucket = '', ...rest] = text.split('/');
    return { bucket, prefix: rest.join('/') };
  };
  return { name, ...place(from), suffix, output: place(to) };
}

describe('what feeds what', () => {
  it.each<[string, string, string, boolean]>([
    ['b/in/', 'b/in/', '', true],
    ['b/in/', 'b/in', '', true],
    ['b/in/', 'b/in/out/', '', true],
    ['b/', 'b/anywhere/', '', true],
    ['b/in/deep/', 'b/in/', '', true],
    ['b/in/', 'b/in/', '.csv', false],
    ['b/in/', 'b/in/', '.out', true],
    ['b/in/', 'b/in/', '.csv.out', true],
    ['b/in/', 'b/in/', 'ut', true],
    ['b/in/', 'b/input/', '', false],
    ['b/in', 'b/input/', '', true],
    ['b/in/', 'c/in/', '', false],
  ])('%s to %s, suffix "%s": %s', (from, to, suffix, expected) => {
    const trigger = flow('t', from, to, suffix);

    expect(feeds(trigger, trigger)).toBe(expected);
  });

  it('finds the way round over others', () => {
    const a = flow('a', 'b/1/', 'b/2/');
    const b = flow('b', 'b/2/', 'b/3/');
    const c = flow('c', 'b/3/', 'b/1/');

    expect(loopThrough(a, [b])).toBeUndefined();
    expect(loopThrough(c, [a, b])).toEqual(['c', 'a', 'b']);
  });

  it('finds its end in the densest net of as many triggers as there may be', () => {
    const layers = Array.from({ length: 20 }, (_, layer) =>
      ['a', 'b', 'c', 'd', 'e'].map((name) =>
        flow(`${name}${layer}`, `b/${layer}/`, `b/${layer + 1}/`),
      ),
    );

    expect(loopThrough(flow('one', 'b/0/', 'b/1/'), layers.flat())).toBeUndefined();
    expect(loopThrough(flow('one', 'b/20/', 'b/0/'), layers.flat())).toHaveLength(21);
  });
});

const EVENT: ObjectEvent = {
  bucket: 'data',
  key: 'drop/a b/x.csv',
  versionId: undefined,
  etag: 'e1',
  sequencer: '01',
};

/** As AWS documents them, with what is of no use here left in. */
function notified(eventName: string, object: object) {
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: 'us-east-1',
    eventTime: '2026-11-28T00:00:00.000Z',
    eventName,
    userIdentity: { principalId: 'A' },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'made',
      bucket: { name: 'data', ownerIdentity: { principalId: 'A' }, arn: 'arn:aws:s3:::data' },
      object: { size: 4, eTag: 'e1', sequencer: '01', ...object },
    },
  };
}

function bridged(type: string, object: object) {
  return {
    version: '0',
    'detail-type': type,
    source: 'aws.s3',
    account: '111122223333',
    resources: ['arn:aws:s3:::data'],
    detail: {
      version: '0',
      bucket: { name: 'data' },
      object: { size: 4, etag: 'e1', sequencer: '01', ...object },
      reason: 'PutObject',
    },
  };
}

describe('events', () => {
  it.each([
    ['drop/a+b/x.csv', 'drop/a b/x.csv'],
    ['drop/a%2Bb%25.csv', 'drop/a+b%.csv'],
    ['drop/%C3%BC%3D1.csv', 'drop/ü=1.csv'],
  ])('have the key %s decoded where S3 encodes it, and only there', (encoded, key) => {
    const own = objectEvents({ Records: [notified('ObjectCreated:Put', { key: encoded })] });
    const other = objectEvents(bridged('Object Created', { key }));

    expect(own).toEqual([{ ...EVENT, key }]);
    expect(other).toEqual(own);
  });

  it('carry a version where the bucket keeps them', () => {
    const key = 'drop/x.csv';
    const made = 'ObjectCreated:CompleteMultipartUpload';
    const records = [{ versionId: 'v1' }, { versionId: null }].map((version) =>
      notified(made, { key, ...version }),
    );

    const own = objectEvents({ Records: records });
    const [other] = objectEvents(bridged('Object Created', { key, 'version-id': 'v1' }));

    expect(own.map(({ versionId }) => versionId)).toEqual(['v1', undefined]);
    expect(other).toEqual(own[0]);
  });

  it.each<[string, unknown]>([
    ['a deletion', { Records: [notified('ObjectRemoved:Delete', { key: 'drop/x' })] }],
    ['a delete marker', { Records: [notified('ObjectRemoved:DeleteMarkerCreated', { key: 'x' })] }],
    [
      'the deletion of a marker',
      bridged('Object Deleted', { key: 'x', 'deletion-type': 'Delete Marker Created' }),
    ],
    ['a folder of a console', { Records: [notified('ObjectCreated:Put', { key: 'x/', size: 0 })] }],
    ['a folder by EventBridge', bridged('Object Created', { key: 'x/', size: 0 })],
    ['a test', { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'data' }],
    ['another event', { anything: 'else' }],
  ])('of %s are left alone', (_, event) => {
    expect(objectEvents(event)).toEqual([]);
  });

  it('that name no object are an error, not nothing', () => {
    expect(() => objectEvents({ Records: [{ eventName: 'ObjectCreated:Put', s3: {} }] })).toThrow();
    expect(() => objectEvents({ 'detail-type': 'Object Created', detail: {} })).toThrow();
  });
});

describe('a trigger', () => {
  let api: TestApi;
  let services: Services;
  const woken: string[] = [];

  beforeAll(async () => {
    api = await startApi();
    const { config, table, clock, newId } = api;
    const wake = async () => undefined;
    const wakeTransformJob = async (job: string) => {
      woken.push(job);
    };
    services = { config, table, clock, newId, wake, wakeTransformJob };
    const container = { Image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/x:1' };
    await api.call('CreateModel', { ModelName: 'm', Containers: [container, container] });
    const { status } = await api.send({
      httpMethod: 'PUT',
      path: '/transform-triggers/t',
      body: JSON.stringify({
        Bucket: 'data',
        Prefix: 'drop/',
        TransformJob: {
          ModelName: 'm',
          TransformOutput: { S3OutputPath: 's3://data/predictions' },
          TransformResources: { InstanceType: 'ml.c5.large', InstanceCount: 1 },
        },
      }),
    });
    expect(status).toBe(200);
  });

  beforeEach(() => {
    woken.length = 0;
  });

  afterAll(() => api.close());

  it('makes one job of an event, however often it comes, and from however many', async () => {
    await Promise.all(Array.from({ length: 5 }, () => startTriggeredJobs(EVENT, services)));

    expect(woken).toEqual([triggeredJobName('t', EVENT)]);
    const { body } = await api.call('DescribeTransformJob', { TransformJobName: woken[0] });
    expect(body).toMatchObject({
      TransformInput: {
        DataSource: {
          S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://data/drop/a b/x.csv' },
        },
      },
      TransformOutput: { S3OutputPath: 's3://data/predictions/a b/' },
    });
  });

  it('makes another of a new version, in whatever order they come', async () => {
    const versions = ['03', '02', '03'].map((sequencer) => ({ ...EVENT, sequencer }));

    for (const version of versions) await startTriggeredJobs(version, services);

    expect(new Set(woken).size).toBe(2);
    expect(woken).toHaveLength(2);
  });

  it('takes nothing that does not match', async () => {
    await startTriggeredJobs({ ...EVENT, key: 'elsewhere/x.csv' }, services);
    await startTriggeredJobs({ ...EVENT, bucket: 'other' }, services);

    expect(woken).toEqual([]);
  });

  it('makes no job when its outputs come back to it, though nobody saw that at its creation', async () => {
    const t = await services.table.get<TransformTriggerRecord>(keyOf('transform-trigger', 't'));
    const back = {
      ...t!,
      ...newRecord('transform-trigger', 'back', services.clock.now(), 'i', {}),
      prefix: 'predictions/',
      template: { ...t!.template, TransformOutput: { S3OutputPath: 's3://data/drop/again/' } },
    };
    const said = vi.spyOn(console, 'error').mockReturnValue();
    await services.table.create<TransformTriggerRecord>(back);

    await startTriggeredJobs({ ...EVENT, sequencer: '09' }, services);
    await startTriggeredJobs({ ...EVENT, key: 'predictions/x.csv.out' }, services);

    expect(woken).toEqual([]);
    expect(said.mock.calls.map(([line]) => JSON.parse(line).error)).toEqual([
      'Its outputs come back to it by way of t, back.',
      'Its outputs come back to it by way of back, t.',
    ]);
    said.mockRestore();
    await api.send({ httpMethod: 'DELETE', path: '/transform-triggers/back' });
  });

  it('is refused when another one would carry its outputs back to it', async () => {
    const { body } = await api.send({
      httpMethod: 'PUT',
      path: '/transform-triggers/back',
      body: JSON.stringify({
        Bucket: 'data',
        Prefix: 'predictions/',
        TransformJob: {
          ModelName: 'm',
          TransformOutput: { S3OutputPath: 's3://data/drop/again/' },
          TransformResources: { InstanceType: 'ml.c5.large', InstanceCount: 1 },
        },
      }),
    });

    expect(body.message).toBe(
      'The outputs of this trigger come back to it by way of t. Put them elsewhere, or set a Suffix such as ".csv".',
    );
  });
});
