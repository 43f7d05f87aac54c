import { beforeEach, describe, expect, test } from 'vitest';
import type { Route, RouteVariant } from '../endpoints/route.ts';
import { createMeter, type Measurement } from './invocation-meter.ts';
import type { InvokeResult } from './invoke-result.ts';

const GREEN = { name: 'AllTraffic', config: 'green', targets: [{}, {}, {}] } as RouteVariant;
const BLUE = { name: 'AllTraffic', config: 'blue', targets: [{}] } as RouteVariant;
const ROUTE: Route = { variants: [BLUE, GREEN] };
const TIMING = { 'server-timing': 'first;dur=10.00, last;dur=20.00, router;dur=0.50' };

let time = 0;
let printed: Record<string, unknown>[] = [];
const meter = createMeter({
  clock: { now: () => 1_000 },
  stopwatch: () => time,
  print: (lines) => {
    printed.push(
      ...lines
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
  },
});

beforeEach(() => {
  time = 0;
  printed = [];
});

function chosen(): Measurement {
  const measurement = meter();
  measurement.chose('words', ROUTE, GREEN);
  measurement.answered({ 'x-headrace-in-flight': '7' });
  return measurement;
}

function result(body: InvokeResult['body'] = Buffer.alloc(0), more = {}): InvokeResult {
  return { statusCode: 200, headers: TIMING, body, ...more };
}

test('an answer is measured from the request’s coming, with what its fleet and its task told', () => {
  const measurement = chosen();
  time = 31;
  const given = result();

  expect(measurement.over(given, 'r-1')).toBe(given);
  expect(printed.at(-1)).toMatchObject({
    EndpointName: 'words',
    EndpointConfigName: 'green',
    InvocationsPerInstance: 0.25,
    ConcurrentRequestsPerModel: 7,
    ModelLatency: 30_000,
    OverheadLatency: 1_000,
    requestId: 'r-1',
  });
  expect(printed.map(({ ContainerName }) => ContainerName)).toEqual(['first', 'last']);
});

test('a request that no variant was chosen for is nobody’s', () => {
  meter().over(result(Buffer.alloc(0), { statusCode: 400 }), 'r-1');

  expect(printed).toEqual([]);
});

test.each([
  ['its own', '{"OriginalStatusCode":415}', { Invocation4XXErrors: 1, Invocation5XXErrors: 0 }],
  ['none', '{"OriginalStatusCode":0}', { Invocation4XXErrors: 0, Invocation5XXErrors: 1 }],
  ['one that cannot be read', '<html>', { Invocation4XXErrors: 0, Invocation5XXErrors: 1 }],
])('a model error has the model’s status: %s', (_, body, counts) => {
  const headers = { ...TIMING, 'x-amzn-errortype': 'ModelError' };

  chosen().over({ statusCode: 424, headers, body: Buffer.from(body) }, 'r-1');

  expect(printed.at(-1)).toMatchObject({ ...counts, InvocationModelErrors: 1 });
});

describe('a stream', () => {
  async function* frames(...times: number[]) {
    for (const at of times) {
      time = at;
      yield Buffer.from('frame');
    }
  }

  const read = async (body: InvokeResult['body'], most = Number.POSITIVE_INFINITY) => {
    let count = 0;
    for await (const _ of body as AsyncIterable<Uint8Array>) {
      count += 1;
      if (count === most) break;
    }
  };

  test('is told of at its end, and its last stage has worked until then', async () => {
    const measurement = chosen();
    time = 31;
    const { body } = measurement.over(result(frames(35, 100, 131)), 'r-1');
    expect(printed).toEqual([]);

    await read(body);

    expect(printed.at(-1)).toMatchObject({
      ContainerName: 'last',
      ContainerLatency: 120_000,
      ModelLatency: 130_000,
      OverheadLatency: 1_000,
      FirstChunkLatency: 35_000,
      MidStreamErrors: 0,
    });
  });

  test('that breaks off before its first chunk has none', async () => {
    const measurement = chosen();
    async function* broken() {
      measurement.broke();
      yield* frames(40);
    }
    const { body } = measurement.over(result(broken()), 'r-1');

    await read(body);

    expect(printed.at(-1)).toMatchObject({ MidStreamErrors: 1, Invocation5XXErrors: 0 });
    expect(printed.at(-1)).not.toHaveProperty('FirstChunkLatency');
  });

  test('that its caller leaves is told of as well', async () => {
    const { body } = chosen().over(result(frames(40, 50)), 'r-1');

    await read(body, 1);

    expect(printed.at(-1)).toMatchObject({ Invocations: 1, MidStreamErrors: 0 });
  });
});
