import { expect, it } from 'vitest';
import { echo, fails, get, post, says, startPipeline } from '../../test/support/router-pipeline.ts';

it('counts requests, errors, bytes and latency per stage, and answers by status', async () => {
  const { url } = await startPipeline([says('four'), fails(500, 'no'), echo]);
  await post(`${url}/invocations`, 'abc');
  await post(`${url}/invocations`, 'abc');
  await post(`${url}/invocations`, 'abc', { 'x-headrace-timeout-ms': 'soon' });

  const { headers, text } = await get(`${url}/metrics`);

  expect(headers['content-type']).toBe('text/plain; version=0.0.4');
  for (const line of [
    'headrace_requests_total{status="424"} 2',
    'headrace_requests_total{status="400"} 1',
    'headrace_requests_in_flight 0',
    'headrace_stage_requests_total{stage="container-1"} 2',
    'headrace_stage_requests_total{stage="container-3"} 0',
    'headrace_stage_request_bytes_total{stage="container-1"} 6',
    'headrace_stage_response_bytes_total{stage="container-1"} 8',
    'headrace_stage_errors_total{stage="container-2",kind="answered"} 2',
    'headrace_stage_latency_seconds_bucket{stage="container-1",le="+Inf"} 2',
    'headrace_stage_latency_seconds_count{stage="container-1"} 2',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
});

it('is what Prometheus reads: each line a comment or a sample, buckets that only grow', async () => {
  const { url } = await startPipeline();
  await post(`${url}/invocations`);

  const { text } = await get(`${url}/metrics`);

  const lines = text.trimEnd().split('\n');
  for (const line of lines) {
    expect(line).toMatch(
      /^(?:# (?:HELP|TYPE) \S+ .+|[a-z_]+(?:\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})? [\d.]+)$/,
    );
  }
  const buckets = lines
    .filter((line) => line.startsWith('headrace_stage_latency_seconds_bucket{stage="container-1"'))
    .map((line) => Number(line.split(' ')[1]));
  expect(buckets).toEqual(buckets.toSorted((a, b) => a - b));
  expect(buckets.at(-1)).toBe(1);
});
