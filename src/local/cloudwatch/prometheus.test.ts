import { expect, test } from 'vitest';
import {
  invocationMetrics,
  type MeasuredInvocation,
} from '../../invocations/invocation-metrics.ts';
import { embeddedMetrics } from './embedded-metrics.ts';
import { Metrics } from './metrics.ts';
import { prometheusText } from './prometheus.ts';
import { summaryOf } from './summary.ts';

const NOW = Date.UTC(2026, 10, 28);
const INVOCATION: MeasuredInvocation = {
  endpoint: 'words',
  variant: 'A',
  config: 'words-2',
  requestId: 'r',
  instances: 2,
  status: 200,
  isModelError: false,
  stages: [
    { name: 'shout', ms: 100 },
    { name: 'count', ms: 20 },
  ],
  elapsedMs: 121,
  concurrent: 3,
};

function textOf(...invocations: (Partial<MeasuredInvocation> & { at?: number })[]): string[] {
  const metrics = new Metrics();
  for (const { at = NOW, ...more } of invocations) {
    const lines = invocationMetrics({ ...INVOCATION, ...more }, at)
      .trimEnd()
      .split('\n');
    for (const { id, at, unit, values } of lines.flatMap((line) => embeddedMetrics(line, NOW))) {
      metrics.add(id, at, unit, values);
    }
  }
  metrics.add({ Namespace: 'Mine', MetricName: 'x', Dimensions: [] }, NOW, 'None', summaryOf(1));
  const text = prometheusText(metrics.all(), NOW);
  expect(text.endsWith('\n')).toBe(true);
  return text.trimEnd().split('\n');
}

const FLEET = 'endpoint="words",variant="A",config="words-2"';

test('requests, errors and latencies, by fleet and by container, in seconds', () => {
  const lines = textOf({}, {}, { status: 500, isModelError: true });

  expect(lines).toEqual(
    expect.arrayContaining([
      '# TYPE headrace_invocations_total counter',
      `headrace_invocations_total{${FLEET}} 3`,
      `headrace_invocation_5xx_errors_total{${FLEET}} 1`,
      `headrace_invocation_4xx_errors_total{${FLEET}} 0`,
      `headrace_container_invocations_total{${FLEET},container="shout"} 3`,
      `headrace_container_errors_total{${FLEET},container="shout"} 0`,
      `headrace_container_errors_total{${FLEET},container="count"} 1`,
      '# TYPE headrace_container_latency_seconds summary',
      `headrace_container_latency_seconds{${FLEET},container="shout",quantile="0.99"} 0.1`,
      `headrace_container_latency_seconds_sum{${FLEET},container="shout"} 0.3`,
      `headrace_container_latency_seconds_count{${FLEET},container="shout"} 3`,
      `headrace_model_latency_seconds_sum{${FLEET}} 0.36`,
      `headrace_concurrent_requests_per_model{${FLEET}} 3`,
      'headrace_invocations_per_instance_total{endpoint="words",variant="A"} 1.5',
    ]),
  );
});

test('each series is there once, below the one head of its family', () => {
  const lines = textOf({}, { config: 'words-3' }, { variant: 'B' });

  const series = lines.map((line) => line.replace(/ \S+$/, ''));
  const heads = lines.filter((line) => line.startsWith('# TYPE'));
  expect(new Set(series).size).toBe(series.length);
  expect(new Set(heads).size).toBe(heads.length);
  expect(lines.every((line) => /^(#|[a-z_0-9]+\{.*\} (NaN|[\d.e-]+)$)/.test(line))).toBe(true);
});

test('counters keep what is older than a minute; quantiles do not', () => {
  const lines = textOf({ at: NOW - 120_000 });

  expect(lines).toContain(`headrace_invocations_total{${FLEET}} 1`);
  expect(lines).toContain(`headrace_model_latency_seconds{${FLEET},quantile="0.5"} NaN`);
});
