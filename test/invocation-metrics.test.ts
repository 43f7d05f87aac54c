import {
  CloudWatchClient,
  type Datapoint,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
} from '@aws-sdk/client-cloudwatch';
import { InvokeEndpointWithResponseStreamCommand } from '@aws-sdk/client-sagemaker-runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { ownStack } from './support/own-stack.ts';
import { createPipeline, inService, invoke } from './support/pipelines.ts';
import { stage } from './support/stage.ts';

const { home, stack, clients } = await ownStack();
const cloudwatch = new CloudWatchClient({
  region: 'us-east-1',
  credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  endpoint: stack.ecs,
});

const GOOD = 4;
const SLOW_MS = 30;

beforeAll(async () => {
  const { sagemaker, runtime } = clients;
  await createPipeline(sagemaker, 'chain', [
    stage(home.image, { SLEEP_MS: String(SLOW_MS) }),
    stage(home.image, { REFUSES: 'bad' }),
    stage(home.image, { REFUSES: 'worse' }),
  ]);
  await createPipeline(sagemaker, 'streams', [
    stage(home.image),
    stage(home.image, { ANSWER: 'stream' }),
  ]);
  await Promise.all(['chain', 'streams'].map((name) => inService(sagemaker, name)));

  for (let count = 0; count < GOOD; count += 1) await invoke(runtime, 'chain', 'good');
  for (const body of ['bad', 'bad', 'worse']) {
    await expect(invoke(runtime, 'chain', body)).rejects.toThrow(/client error \(400\)/);
  }
  for (const how of ['finish', 'break']) {
    const command = { EndpointName: 'streams', Body: 'x', ContentType: 'text/plain' };
    const answer = await runtime.send(new InvokeEndpointWithResponseStreamCommand(command));
    const events = answer.Body![Symbol.asyncIterator]();
    await events.next();
    await invoke(runtime, 'streams', how);
    const rest = (async () => {
      while (!(await events.next()).done);
    })();
    await (how === 'break' ? expect(rest).rejects.toThrow('broke off') : rest);
  }
});

async function statistics(
  MetricName: string,
  by: Record<string, string>,
  Namespace = 'Headrace/Endpoints',
): Promise<Datapoint> {
  const { Datapoints = [] } = await cloudwatch.send(
    new GetMetricStatisticsCommand({
      Namespace,
      MetricName,
      Dimensions: Object.entries(by).map(([Name, Value]) => ({ Name, Value })),
      StartTime: new Date(Date.now() - 3_600_000),
      EndTime: new Date(Date.now() + 3_600_000),
      Period: 7200,
      Statistics: ['Sum', 'SampleCount', 'Minimum', 'Maximum'],
    }),
  );
  return Datapoints.reduce(
    (all, point) => ({
      Sum: (all.Sum ?? 0) + (point.Sum ?? 0),
      SampleCount: (all.SampleCount ?? 0) + (point.SampleCount ?? 0),
      Minimum: Math.min(all.Minimum ?? Number.POSITIVE_INFINITY, point.Minimum ?? 0),
      Maximum: Math.max(all.Maximum ?? 0, point.Maximum ?? 0),
      Unit: point.Unit,
    }),
    {},
  );
}

const chain = { EndpointName: 'chain', VariantName: 'AllTraffic' };
const streams = { EndpointName: 'streams', VariantName: 'AllTraffic' };

describe.each([
  ['Headrace/Endpoints', chain],
  ['Headrace/Endpoints', { ...chain, EndpointConfigName: 'chain' }],
  ['AWS/SageMaker', chain],
])('%s by %o', (namespace, by) => {
  const metric = (name: string) => statistics(name, by, namespace);

  test('every request is counted once, and every error as what it was', async () => {
    expect(await metric('Invocations')).toMatchObject({ Sum: GOOD + 3, Unit: 'None' });
    expect(await metric('Invocation4XXErrors')).toMatchObject({ Sum: 3, SampleCount: GOOD + 3 });
    expect(await metric('Invocation5XXErrors')).toMatchObject({ Sum: 0, SampleCount: GOOD + 3 });
    expect(await metric('InvocationModelErrors')).toMatchObject({ Sum: 3 });
  });

  test('latencies are those of the stages, and what came on top', async () => {
    const model = await metric('ModelLatency');
    const overhead = await metric('OverheadLatency');

    expect(model).toMatchObject({ SampleCount: GOOD + 3, Unit: 'Microseconds' });
    expect(model.Minimum).toBeGreaterThanOrEqual(SLOW_MS * 1000);
    expect(overhead.SampleCount).toBe(GOOD + 3);
    expect(overhead.Minimum).toBeGreaterThan(0);
  });
});

test('each container has its own count, errors and latency', async () => {
  const of = async (ContainerName: string) => ({
    count: (await statistics('Invocations', { ...chain, ContainerName })).Sum,
    errors: (await statistics('InvocationModelErrors', { ...chain, ContainerName })).Sum,
    latency: await statistics('ContainerLatency', { ...chain, ContainerName }),
  });

  const [slow, second, third] = await Promise.all(
    ['container-1', 'container-2', 'container-3'].map(of),
  );

  expect(slow).toMatchObject({ count: GOOD + 3, errors: 0 });
  expect(second).toMatchObject({ count: GOOD + 3, errors: 2 });
  expect(third).toMatchObject({ count: GOOD + 1, errors: 1 });
  expect(slow?.latency.Minimum).toBeGreaterThanOrEqual(SLOW_MS * 1000);
  expect(third?.latency).toMatchObject({ SampleCount: GOOD + 1, Unit: 'Microseconds' });
  expect(third?.latency.Minimum).toBeLessThan(SLOW_MS * 1000);
});

test('a fleet of one instance has all of it', async () => {
  expect(await statistics('InvocationsPerInstance', chain)).toMatchObject({ Sum: GOOD + 3 });
  expect(await statistics('ConcurrentRequestsPerModel', chain)).toMatchObject({ Maximum: 1 });
});

test('streams tell of their first chunk, and of those that broke off', async () => {
  expect(await statistics('MidStreamErrors', streams)).toMatchObject({ Sum: 1, SampleCount: 2 });
  expect(await statistics('FirstChunkLatency', streams)).toMatchObject({
    SampleCount: 2,
    Unit: 'Microseconds',
  });
  expect(await statistics('Invocations', streams)).toMatchObject({ Sum: 4 });
});

test('a request that runs beside a stream makes two', async () => {
  expect(await statistics('ConcurrentRequestsPerModel', streams)).toMatchObject({
    Minimum: 1,
    Maximum: 2,
  });
});

test('SageMaker’s namespace is listed as well', async () => {
  const listed = await cloudwatch.send(new ListMetricsCommand({ Namespace: 'AWS/SageMaker' }));

  expect(listed.Metrics?.map(({ MetricName }) => MetricName)).toContain('ContainerLatency');
});

test('the terminal sees none of the lines', async () => {
  const { stdout, stderr } = await stack.end('SIGTERM');

  expect(stdout).not.toContain('_aws');
  expect(stderr).not.toContain('cloudwatch:');
});
