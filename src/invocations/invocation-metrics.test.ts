import { describe, expect, test } from 'vitest';
import { embeddedMetrics } from '../local/cloudwatch/embedded-metrics.ts';
import {
  invocationMetrics,
  type MeasuredInvocation,
  metricsWithoutContainers,
} from './invocation-metrics.ts';

const NOW = Date.UTC(2026, 10, 28);

const MEASURED: MeasuredInvocation = {
  endpoint: 'words',
  variant: 'AllTraffic',
  config: 'words-2',
  requestId: 'r-1',
  instances: 4,
  status: 200,
  isModelError: false,
  stages: [
    { name: 'shout', ms: 1.5 },
    { name: 'count', ms: 2.25 },
  ],
  elapsedMs: 5,
  concurrent: 3,
};

/** `name by=value …: sum unit`, as CloudWatch reads the lines. */
function read(measured: Partial<MeasuredInvocation>): string[] {
  const lines = invocationMetrics({ ...MEASURED, ...measured }, NOW)
    .trimEnd()
    .split('\n');
  return lines
    .flatMap((line) => embeddedMetrics(line, NOW))
    .map(({ id, at, unit, values }) => {
      expect(id.Namespace).toBe('Headrace/Endpoints');
      expect(at).toBe(NOW);
      const by = id.Dimensions.map(({ Name, Value }) => `${Name}=${Value}`).join(' ');
      return `${id.MetricName} ${by}: ${values.sum} ${unit}`;
    });
}

const VARIANT = 'EndpointName=words VariantName=AllTraffic';
const FLEET = `${VARIANT} EndpointConfigName=words-2`;

function told(measured: Partial<MeasuredInvocation>, by = VARIANT): Record<string, string> {
  const mark = ` ${by}: `;
  const own = read(measured).filter((line) => line.includes(mark));
  return Object.fromEntries(own.map((line) => line.split(mark) as [string, string]));
}

describe('an invocation', () => {
  test('counts once, with the latency of its stages and what came on top', () => {
    expect(told({})).toEqual({
      Invocations: '1 None',
      InvocationsPerInstance: '0.25 None',
      Invocation4XXErrors: '0 None',
      Invocation5XXErrors: '0 None',
      InvocationModelErrors: '0 None',
      ModelLatency: '3750 Microseconds',
      OverheadLatency: '1250 Microseconds',
      ConcurrentRequestsPerModel: '3 None',
    });
  });

  test('has the same numbers by its fleet, but for the part of an instance', () => {
    const { InvocationsPerInstance, ...same } = told({});

    expect(told({}, FLEET)).toEqual(same);
  });

  test('counts once in every container that ran', () => {
    const of = (name: string) => told({}, `${VARIANT} ContainerName=${name}`);

    expect(of('shout')).toEqual({
      Invocations: '1 None',
      InvocationModelErrors: '0 None',
      ContainerLatency: '1500 Microseconds',
    });
    expect(of('count')).toMatchObject({ ContainerLatency: '2250 Microseconds' });
    expect(told({}, `${FLEET} ContainerName=shout`)).toEqual(of('shout'));
  });

  test('fails in the last container that ran, and in no other', () => {
    const failed = { status: 500, isModelError: true };
    const of = (name: string) => told(failed, `${VARIANT} ContainerName=${name}`);

    expect(of('shout')).toMatchObject({ InvocationModelErrors: '0 None' });
    expect(of('count')).toMatchObject({ InvocationModelErrors: '1 None' });
  });

  test.each([
    ['a model that says 500', { status: 500, isModelError: true }, [0, 1, 1]],
    ['a model that says 415', { status: 415, isModelError: true }, [1, 0, 1]],
    ['a model that moves', { status: 302, isModelError: true }, [0, 0, 1]],
    ['a model that does not answer', { status: 0, isModelError: true }, [0, 1, 1]],
    ['a request that is turned down', { status: 413, stages: [] }, [1, 0, 0]],
    ['no task that answers', { status: 503, stages: [] }, [0, 1, 0]],
  ])('%s', (_, measured, [client, server, model]) => {
    expect(told(measured)).toMatchObject({
      Invocations: '1 None',
      Invocation4XXErrors: `${client} None`,
      Invocation5XXErrors: `${server} None`,
      InvocationModelErrors: `${model} None`,
    });
  });

  test('of no stage has no latency, and no task that answered no concurrency', () => {
    const names = read({ stages: [], concurrent: undefined }).map((line) => line.split(' ')[0]);

    expect([...new Set(names)].sort()).toEqual([
      'Invocation4XXErrors',
      'Invocation5XXErrors',
      'InvocationModelErrors',
      'Invocations',
      'InvocationsPerInstance',
    ]);
  });

  test('of a route without the configuration’s name is told by variant alone', () => {
    const dimensions = read({ config: undefined }).join();

    expect(dimensions).toContain(VARIANT);
    expect(dimensions).not.toContain('EndpointConfigName');
  });

  test('that streams tells when its first chunk came, and whether it broke off', () => {
    expect(told({ stream: { firstChunkMs: 4, isBroken: true } })).toMatchObject({
      FirstChunkLatency: '4000 Microseconds',
      MidStreamErrors: '1 None',
    });
    expect(told({ stream: { firstChunkMs: undefined, isBroken: false } })).toMatchObject({
      MidStreamErrors: '0 None',
    });
  });
});

test('the lines tell which request they are of, and each is of one container', () => {
  const lines = invocationMetrics(MEASURED, NOW).trimEnd().split('\n');

  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { requestId: 'r-1', ContainerName: 'shout' },
    { requestId: 'r-1', ContainerName: 'count' },
  ]);
});

test('without those of the containers there is one line, and nothing else is missing', () => {
  const broken = { ...MEASURED, status: 500, isModelError: true };
  const lines = metricsWithoutContainers(broken, NOW).trimEnd().split('\n');
  const ids = (given: string[]) =>
    given
      .flatMap((line) => embeddedMetrics(line, NOW))
      .map(({ id, values }) => JSON.stringify([id, values.sum]))
      .filter((id) => !id.includes('ContainerName'));

  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain('Container');
  expect(ids(lines)).toEqual(ids(invocationMetrics(broken, NOW).trimEnd().split('\n')));
});
