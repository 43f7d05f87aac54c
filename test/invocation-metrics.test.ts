import { ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { InvokeEndpointWithResponseStreamCommand } from '@aws-sdk/client-sagemaker-runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { cloudwatchOf, statistics } from './support/metrics.ts';
import { ownStack } from './support/own-stack.ts';
import { createPipeline, inService, invoke } from './support/pipelines.ts';
import { stage } from './support/stage.ts';

const { home, stack, clients } = await ownStack();
const cloudwatch = cloudwatchOf(stack);

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

function metric(name: string, by: Record<string, string>, namespace = 'Headrace/Endpoints') {
  return statistics(cloudwatch, namespace, name, by);
}

const chain = { EndpointName: 'chain', VariantName: 'AllTraffic' };
const streams = { EndpointName: 'streams', VariantName: 'AllTraffic' };

describe.each([
  ['Headrace/Endpoints', chain],
  ['Headrace/Endpoints', { ...chain, EndpointConfigName: 'chain' }],
  ['AWS/SageMaker', chain],
])('%s by %o', (namespace, by) => {
  const own = (name: string) => metric(name, by, namespace);

  test('every request is counted once, and every error as what it was', async () => {
    expect(await own('Invocations')).toMatchObject({ Sum: GOOD + 3, Unit: 'None' });
    expect(await own('Invocation4XXErrors')).toMatchObject({ Sum: 3, SampleCount: GOOD + 3 });
    expect(await own('Invocation5XXErrors')).toMatchObject({ Sum: 0, SampleCount: GOOD + 3 });
    expect(await own('InvocationModelErrors')).toMatchObject({ Sum: 3 });
  });

  test('latencies are those of the stages, and what came on top', async () => {
    const model = await own('ModelLatency');
    const overhead = await own('OverheadLatency');

    expect(model).toMatchObject({ SampleCount: GOOD + 3, Unit: 'Microseconds' });
    expect(model.Minimum).toBeGreaterThanOrEqual(SLOW_MS * 1000);
    expect(overhead.SampleCount).toBe(GOOD + 3);
    expect(overhead.Minimum).toBeGreaterThan(0);
  });
});

test('each container has its own count, errors and latency', async () => {
  const of = async (ContainerName: string) => ({
    count: (await metric('Invocations', { ...chain, ContainerName })).Sum,
    errors: (await metric('InvocationModelErrors', { ...chain, ContainerName })).Sum,
    latency: await metric('ContainerLatency', { ...chain, ContainerName }),
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
  expect(await metric('InvocationsPerInstance', chain)).toMatchObject({ Sum: GOOD + 3 });
  expect(await metric('ConcurrentRequestsPerModel', chain)).toMatchObject({ Maximum: 1 });
});

test('streams tell of their first chunk, and of those that broke off', async () => {
  expect(await metric('MidStreamErrors', streams)).toMatchObject({ Sum: 1, SampleCount: 2 });
  expect(await metric('FirstChunkLatency', streams)).toMatchObject({
    SampleCount: 2,
    Unit: 'Microseconds',
  });
  expect(await metric('Invocations', streams)).toMatchObject({ Sum: 4 });
});

test('a request that runs beside a stream makes two', async () => {
  expect(await metric('ConcurrentRequestsPerModel', streams)).toMatchObject({
    Minimum: 1,
    Maximum: 2,
  });
});

test('SageMaker’s namespace is listed as well', async () => {
  const listed = await cloudwatch.send(new ListMetricsCommand({ Namespace: 'AWS/SageMaker' }));

  expect(listed.Metrics?.map(({ MetricName }) => MetricName)).toContain('ContainerLatency');
});

test('Prometheus reads the same numbers from the gateway', async () => {
  const response = await fetch(`${stack.gateway}/metrics`);
  const lines = (await response.text()).split('\n');

  const fleet = 'endpoint="chain",variant="AllTraffic",config="chain"';
  expect(response.headers.get('content-type')).toContain('version=0.0.4');
  expect(lines).toContain(`headrace_invocations_total{${fleet}} ${GOOD + 3}`);
  expect(lines).toContain(`headrace_invocation_4xx_errors_total{${fleet}} 3`);
  expect(lines).toContain(`headrace_container_errors_total{${fleet},container="container-2"} 2`);
  expect(lines).toContain(
    `headrace_container_latency_seconds_count{${fleet},container="container-3"} ${GOOD + 1}`,
  );
});

test('the terminal sees none of the lines', async () => {
  const { stdout, stderr } = await stack.end('SIGTERM');

  expect(stdout).not.toContain('_aws');
  expect(stderr).not.toContain('cloudwatch:');
});
