import { TRANSFORM_NAMESPACE } from '../../batch/share-metrics.ts';
import { ENDPOINT_NAMESPACE } from '../../invocations/invocation-metrics.ts';
import type { Metric } from './metrics.ts';
import { periodsOf } from './periods.ts';
import { type Summary, statisticOf } from './summary.ts';

type Kind = 'counter' | 'summary' | 'gauge';

/** One of our metrics as Prometheus names it. */
interface Family {
  readonly namespace: string;
  readonly metric: string;
  /** Those of the metrics that have just these dimensions: the finest, so that sums count nothing twice. */
  readonly dimensions: readonly string[];
  readonly name: string;
  readonly kind: Kind;
  readonly help: string;
}

const LABELS: Record<string, string> = {
  EndpointName: 'endpoint',
  VariantName: 'variant',
  EndpointConfigName: 'config',
  ContainerName: 'container',
  TransformJobName: 'job',
};
const VARIANT = ['EndpointName', 'VariantName'];
const FLEET = [...VARIANT, 'EndpointConfigName'];
const CONTAINER = [...FLEET, 'ContainerName'];

const FAMILIES: readonly Family[] = [
  ...ofEndpoints(FLEET, [
    ['Invocations', 'invocations_total', 'counter', 'Requests.'],
    [
      'Invocation4XXErrors',
      'invocation_4xx_errors_total',
      'counter',
      'Requests that ended in a 4XX.',
    ],
    [
      'Invocation5XXErrors',
      'invocation_5xx_errors_total',
      'counter',
      'Requests that ended in a 5XX.',
    ],
    [
      'InvocationModelErrors',
      'invocation_model_errors_total',
      'counter',
      'Requests that a stage did not answer with 2XX.',
    ],
    ['ModelLatency', 'model_latency_seconds', 'summary', 'Time in all stages.'],
    ['OverheadLatency', 'overhead_latency_seconds', 'summary', 'Time outside of the stages.'],
    [
      'FirstChunkLatency',
      'first_chunk_latency_seconds',
      'summary',
      'Time to a stream’s first chunk.',
    ],
    ['MidStreamErrors', 'mid_stream_errors_total', 'counter', 'Streams that broke off.'],
    [
      'ConcurrentRequestsPerModel',
      'concurrent_requests_per_model',
      'gauge',
      'Most requests that a task had at once, in the last minute.',
    ],
  ]),
  ...ofEndpoints(VARIANT, [
    [
      'InvocationsPerInstance',
      'invocations_per_instance_total',
      'counter',
      'Requests, each divided by the instances of its variant.',
    ],
  ]),
  ...ofEndpoints(CONTAINER, [
    ['Invocations', 'container_invocations_total', 'counter', 'Requests to a container.'],
    [
      'InvocationModelErrors',
      'container_errors_total',
      'counter',
      'Requests that the container did not answer with 2XX.',
    ],
    ['ContainerLatency', 'container_latency_seconds', 'summary', 'Time in one stage.'],
  ]),
  ...ofJobs([
    ['ObjectsDone', 'transform_objects_done_total', 'counter', 'Objects that were transformed.'],
    ['ObjectsFailed', 'transform_objects_failed_total', 'counter', 'Objects that failed.'],
    ['RecordsDone', 'transform_records_done_total', 'counter', 'Records that were transformed.'],
    ['RecordsFailed', 'transform_records_failed_total', 'counter', 'Records that failed.'],
    [
      'RecordsPerSecond',
      'transform_records_per_second',
      'gauge',
      'Fastest worker of a job, in the last minute.',
    ],
  ]),
];

const MICROS_A_SECOND = 1e6;
const WINDOW_SECONDS = 60;
const QUANTILES = [0.5, 0.9, 0.99];

/**
 * Our own metrics in Prometheus' text format, version 0.0.4. Counters count since the stack's start; the
 * quantiles are those of the last minute.
 */
export function prometheusText(metrics: readonly Metric[], now: number): string {
  return FAMILIES.map((family) => {
    const own = metrics.filter((metric) => isOf(family, metric));
    if (own.length === 0) return '';
    const lines = own.flatMap((metric) => linesOf(family, metric, lately(metric, now)));
    const head = `# HELP ${family.name} ${family.help}\n# TYPE ${family.name} ${family.kind}\n`;
    return head + lines.map((line) => `${line}\n`).join('');
  }).join('');
}

function isOf({ namespace, metric, dimensions }: Family, own: Metric): boolean {
  return (
    own.Namespace === namespace &&
    own.MetricName === metric &&
    own.Dimensions.length === dimensions.length &&
    own.Dimensions.every(({ Name }) => dimensions.includes(Name))
  );
}

function linesOf({ name, kind }: Family, metric: Metric, recent: Summary | undefined): string[] {
  const { count, sum } = metric.total;
  if (kind === 'counter') return [`${name}${labels(metric)} ${sum}`];
  if (kind === 'gauge') return [`${name}${labels(metric)} ${recent?.max ?? 0}`];
  return [
    ...QUANTILES.map((quantile) => {
      const micros = recent && statisticOf(recent, `p${quantile * 100}`);
      const value = micros === undefined ? 'NaN' : micros / MICROS_A_SECOND;
      return `${name}${labels(metric, { quantile: String(quantile) })} ${value}`;
    }),
    `${name}_sum${labels(metric)} ${sum / MICROS_A_SECOND}`,
    `${name}_count${labels(metric)} ${count}`,
  ];
}

function lately({ seconds }: Metric, now: number): Summary | undefined {
  const from = Math.floor(now / 1000) - WINDOW_SECONDS;
  return periodsOf(seconds, { from, period: WINDOW_SECONDS + 1, count: 1 })[0];
}

function labels({ Dimensions }: Metric, more: Record<string, string> = {}): string {
  const own = Dimensions.map(({ Name, Value }) => [LABELS[Name], Value]);
  const pairs = [...own, ...Object.entries(more)].map(
    ([name, value = '']) => `${name}="${value.replace(/[\\"\n]/g, escaped)}"`,
  );
  return `{${pairs.join(',')}}`;
}

function escaped(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`;
}

type Row = [metric: string, name: string, kind: Kind, help: string];

function ofEndpoints(dimensions: readonly string[], rows: Row[]): Family[] {
  return rows.map((row) => family(ENDPOINT_NAMESPACE, dimensions, row));
}

function ofJobs(rows: Row[]): Family[] {
  return rows.map((row) => family(TRANSFORM_NAMESPACE, ['TransformJobName'], row));
}

function family(namespace: string, dimensions: readonly string[], row: Row): Family {
  const [metric, name, kind, help] = row;
  return { namespace, metric, dimensions, name: `headrace_${name}`, kind, help };
}
