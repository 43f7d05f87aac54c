import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCaptureBucket } from '../../test/support/capture-bucket.ts';
import {
  fails,
  get,
  post,
  type StageBehaviour,
  says,
  startPipeline,
  until,
} from '../../test/support/router-pipeline.ts';
import type { CaptureSettings } from '../capture/capture-settings.ts';

let bucket: Awaited<ReturnType<typeof startCaptureBucket>>;
let prefixes = 0;

beforeAll(async () => {
  bucket = await startCaptureBucket('captured');
});

afterAll(() => bucket.close());

/** A place of its own for every test. */
function settings(more: Partial<CaptureSettings> = {}): CaptureSettings {
  return {
    bucket: 'captured',
    prefix: `t${++prefixes}/`,
    samplingPercentage: 100,
    input: true,
    output: true,
    stages: false,
    csvContentTypes: ['text/csv'],
    jsonContentTypes: [],
    ...more,
  };
}

const lines = async ({ prefix }: CaptureSettings) =>
  (await bucket.lines(prefix)).map(({ line }) => line);

/** Answers a while after it was asked, with the request in capitals. */
const slowly: StageBehaviour = ({ body }, response) => {
  setTimeout(() => response.end(String(body).toUpperCase()), 100);
};

it('captures what came in and what went out, once for the whole pipeline', async () => {
  const capture = settings();
  const { router, url } = await startPipeline(
    [says('a'), says('b'), says('c', { 'content-type': 'text/csv' })],
    { capture },
  );

  await post(`${url}/invocations`, '1,2', {
    'content-type': 'text/csv',
    'x-amzn-requestid': 'request-1',
    'x-amzn-sagemaker-inference-id': 'mine',
    'x-amzn-sagemaker-custom-attributes': 'MARKER',
    authorization: 'MARKER',
  });
  await router.close();

  const found = await lines(capture);
  expect(found).toMatchObject([
    {
      captureData: {
        endpointInput: { data: '1,2', encoding: 'CSV', observedContentType: 'text/csv' },
        endpointOutput: { data: 'c', encoding: 'CSV' },
      },
      eventMetadata: { eventId: 'request-1', inferenceId: 'mine' },
    },
  ]);
  expect(JSON.stringify(found)).not.toContain('MARKER');
});

it('keeps bodies as they were, though the router puts one into the place of another', async () => {
  const capture = settings({ stages: true });
  const sizes = [5_000, 4_000, 3_000];
  const of = (n: number) => Buffer.alloc(sizes[n]!, n + 1);
  const { router, url } = await startPipeline(
    [0, 1, 2].map((n) => says(of(n))),
    { capture },
  );

  await post(`${url}/invocations`, Buffer.alloc(6_000, 9));
  await router.close();

  const { captureData } = (await lines(capture))[0]!;
  const bytes = (data: string) => Buffer.from(data, 'base64');
  expect(bytes(captureData.endpointInput.data)).toEqual(Buffer.alloc(6_000, 9));
  expect(bytes(captureData.endpointOutput.data)).toEqual(of(2));
  expect(captureData.stages?.map(({ output }) => bytes((output as { data: string }).data))).toEqual(
    [of(0), of(1), of(2)],
  );
});

it('captures a part of the invocations, as large as the sampling says', async () => {
  const capture = settings({ samplingPercentage: 25 });
  const { router, url } = await startPipeline([], { capture });

  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 20 }, () => post(`${url}/invocations`)));
  }
  await router.close();

  // Of 400 about 100; five times the standard deviation is 43.
  const { length } = await lines(capture);
  expect(length).toBeGreaterThan(100 - 43);
  expect(length).toBeLessThan(100 + 43);
});

it('loses nothing when it is stopped while invocations run', async () => {
  const capture = settings();
  const { router, stages, url } = await startPipeline([slowly], { capture, drainMs: 50 });
  const ids = Array.from({ length: 40 }, (_, n) => `id-${n}`);

  const running = ids.map((id) => post(`${url}/invocations`, id, { 'x-amzn-requestid': id }));
  await until(() => stages[0]?.received.length === ids.length);
  await Promise.all([router.close(), ...running]);

  const found = (await lines(capture)).map(({ eventMetadata }) => eventMetadata.eventId);
  expect(found.sort()).toEqual(ids.sort());
});

describe('an invocation that fails', () => {
  const pipeline = [says('a'), fails(500, 'no such column')];

  it('is not captured by itself: there is no output to look at', async () => {
    const capture = settings();
    const { router, url } = await startPipeline(pipeline, { capture });

    await post(`${url}/invocations`);
    await post(`${url}/invocations`);
    await router.close();

    expect(await lines(capture)).toEqual([]);
  });

  it('is where the stages are: they tell which one failed, and what it was given', async () => {
    const capture = settings({ stages: true });
    const { router, url } = await startPipeline(pipeline, { capture });

    await post(`${url}/invocations`, 'x');
    await router.close();

    const base64 = (text: string) => Buffer.from(text).toString('base64');
    expect((await lines(capture)).map(({ captureData }) => captureData)).toEqual([
      {
        endpointInput: { mode: 'INPUT', data: base64('x'), encoding: 'BASE64' },
        stages: [
          {
            containerHostname: 'container-1',
            status: 200,
            output: { mode: 'OUTPUT', data: base64('a'), encoding: 'BASE64' },
          },
          {
            containerHostname: 'container-2',
            status: 500,
            failure: 'answered 500',
            output: { mode: 'OUTPUT', data: base64('no such column'), encoding: 'BASE64' },
          },
        ],
      },
    ]);
  });
});

describe('an answer that streams', () => {
  const stream = (url: string) => post(`${url}/invocations-response-stream`);

  it('is captured whole', async () => {
    const capture = settings();
    const { router, url } = await startPipeline(
      [says('a'), says('b'), says('streamed', { 'content-type': 'text/csv' })],
      { capture },
    );

    await stream(url);
    await router.close();

    expect((await lines(capture))[0]?.captureData.endpointOutput).toEqual({
      observedContentType: 'text/csv',
      mode: 'OUTPUT',
      data: 'streamed',
      encoding: 'CSV',
    });
  });

  it('is captured up to the bound of a body, and marked', async () => {
    const capture = settings();
    const last = says(Buffer.alloc(3_000, 'x'), { 'content-type': 'text/csv' });
    const { router, url } = await startPipeline([says('a'), says('b'), last], {
      capture,
      maxBodyBytes: 1_000,
    });

    await stream(url);
    await router.close();

    expect((await lines(capture))[0]?.captureData.endpointOutput).toMatchObject({
      data: 'x'.repeat(1_000),
      truncated: true,
    });
  });
});

it('says in its metrics how many are captured', async () => {
  const capture = settings();
  const { url } = await startPipeline([], { capture });

  await post(`${url}/invocations`);

  expect((await get(`${url}/metrics`)).text).toMatch(/^headrace_captured_total 0$/m);
  expect((await get(`${url}/metrics`)).text).toMatch(/^headrace_capture_lost_total 0$/m);
});
