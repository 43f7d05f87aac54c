import { expect, test } from 'vitest';
import type { GatewayResult } from '../../protocol/gateway-event.ts';
import { invocationMetrics } from './invocation-metrics.ts';
import { Metrics } from './metrics.ts';
import { recordInvocations } from './record-invocations.ts';

const TIMING = 'shout;dur=1.50, count;dur=2.25, router;dur=0.40';

function event(path = '/endpoints/words/invocations') {
  return {
    httpMethod: 'POST',
    path,
    headers: {},
    queryStringParameters: {},
    body: '',
    isBase64Encoded: true,
    requestContext: { requestId: 'r', stage: 'local' },
  };
}

function result(
  statusCode: number,
  headers: Record<string, string> = {},
  body: object = {},
): GatewayResult {
  return {
    statusCode,
    headers: { 'x-Amzn-Invoked-Production-Variant': 'AllTraffic', ...headers },
    body: Buffer.from(JSON.stringify(body)).toString('base64'),
    isBase64Encoded: true,
  };
}

function modelError(OriginalStatusCode: number): GatewayResult {
  const headers = { 'x-amzn-errortype': 'ModelError', 'server-timing': TIMING };
  return result(424, headers, { Message: 'no', OriginalStatusCode });
}

function counts(answer: GatewayResult): Record<string, number> {
  const { values = [] } = invocationMetrics(event(), answer, 5) ?? {};
  return Object.fromEntries(values.map(({ name, value }) => [name, value]));
}

test('an answer counts as one invocation, with the latency of its stages and what came on top', () => {
  const told = invocationMetrics(
    event('/local/endpoints/words/invocations'),
    result(200, { 'Server-Timing': TIMING }),
    5,
  );

  expect(told).toEqual({
    endpoint: 'words',
    variant: 'AllTraffic',
    values: [
      { name: 'Invocations', unit: 'None', value: 1 },
      { name: 'Invocation4XXErrors', unit: 'None', value: 0 },
      { name: 'Invocation5XXErrors', unit: 'None', value: 0 },
      { name: 'InvocationModelErrors', unit: 'None', value: 0 },
      { name: 'ModelLatency', unit: 'Microseconds', value: 3750 },
      { name: 'OverheadLatency', unit: 'Microseconds', value: 1250 },
    ],
  });
});

test.each([
  ['a model that says 500', modelError(500), [0, 1, 1]],
  ['a model that says 415', modelError(415), [1, 0, 1]],
  ['a model that does not answer', modelError(0), [0, 1, 1]],
  ['a request that the router turns down', result(413), [1, 0, 0]],
  [
    'a model error that cannot be read',
    { ...modelError(500), body: '', isBase64Encoded: false },
    [0, 1, 1],
  ],
])('%s', (_, answer, [client, server, model]) => {
  expect(counts(answer)).toMatchObject({
    Invocations: 1,
    Invocation4XXErrors: client,
    Invocation5XXErrors: server,
    InvocationModelErrors: model,
  });
});

test('latencies are left out when no stage ran', () => {
  const told = counts(result(413, { 'server-timing': 'router;dur=0.10' }));

  expect(told).not.toHaveProperty('ModelLatency');
  expect(told).not.toHaveProperty('OverheadLatency');
});

test('an answer without a variant is nobody’s', () => {
  expect(invocationMetrics(event(), { statusCode: 400, headers: {}, body: '' }, 5)).toBeUndefined();
});

test('every answer is counted in both namespaces, and passed on', async () => {
  const metrics = new Metrics();
  const answer = result(200, { 'server-timing': TIMING });
  const invoke = recordInvocations(async () => answer, metrics, { now: () => 1000 });

  const passed = await invoke(event());

  expect(passed).toBe(answer);
  expect(metrics.all()).toHaveLength(12);
  for (const Namespace of ['Headrace/Endpoints', 'AWS/SageMaker']) {
    const Dimensions = [
      { Name: 'VariantName', Value: 'AllTraffic' },
      { Name: 'EndpointName', Value: 'words' },
    ];
    const metric = metrics.get({ Namespace, MetricName: 'Invocations', Dimensions });
    expect(metric?.seconds.get(1)?.sum).toBe(1);
  }
});
