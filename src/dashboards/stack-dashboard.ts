import { TRANSFORM_NAMESPACE } from '../batch/share-metrics.ts';
import { ENDPOINT_NAMESPACE } from '../invocations/invocation-metrics.ts';
import { type DashboardBody, dashboard, type Metric, search } from './dashboard.ts';

export interface DashboardedStack {
  readonly stack: string;
  readonly region: string;
  /** Names of the queues that wake the reconciler, and that take what it cannot work on. */
  readonly queue: string;
  readonly deadLetterQueue: string;
}

const BY_VARIANT = [ENDPOINT_NAMESPACE, 'EndpointName', 'VariantName'];
const BY_CONTAINER = [...BY_VARIANT, 'ContainerName'];
const BY_JOB = [TRANSFORM_NAMESPACE, 'TransformJobName'];
const FUNCTIONS = ['authorizer', 'invoke', 'api', 'reconcile', 's3-trigger', 'sweep'];

/**
 * The dashboard of a whole stack: every endpoint, also those that come later, and what the stack itself
 * runs on. Pure. Values may be CloudFormation's `${…}`: the body has no others.
 */
export function stackDashboard({
  stack,
  region,
  queue,
  deadLetterQueue,
}: DashboardedStack): DashboardBody {
  const ofFunctions = (name: string): Metric[] =>
    FUNCTIONS.map((one) => ['AWS/Lambda', name, 'FunctionName', `${stack}-${one}`, { label: one }]);
  const ofQueue = (QueueName: string, name: string, label: string): Metric => [
    'AWS/SQS',
    name,
    'QueueName',
    QueueName,
    { label },
  ];
  const heading = `# Stack ${stack}\nEvery endpoint of this account and region. One endpoint alone: \`GET /endpoints/<name>/dashboard\`.`;
  return dashboard(region, heading, [
    {
      title: 'Requests by endpoint and variant',
      metrics: [search('requests', BY_VARIANT, ['Invocations'], 'Sum')],
      stat: 'Sum',
      isStacked: true,
    },
    {
      title: 'Errors by endpoint and variant',
      metrics: [
        search('errors', BY_VARIANT, ['Invocation4XXErrors', 'Invocation5XXErrors'], 'Sum'),
        search('broken', BY_VARIANT, ['MidStreamErrors'], 'Sum'),
      ],
      stat: 'Sum',
    },
    {
      title: 'Model latency, p50 and p99',
      metrics: [
        search('half', BY_VARIANT, ['ModelLatency'], 'p50'),
        search('most', BY_VARIANT, ['ModelLatency'], 'p99'),
      ],
      stat: 'p99',
      of: 'µs',
    },
    {
      title: 'Overhead, p50 and p99',
      metrics: [
        search('half', BY_VARIANT, ['OverheadLatency'], 'p50'),
        search('most', BY_VARIANT, ['OverheadLatency'], 'p99'),
      ],
      stat: 'p99',
      of: 'µs',
    },
    {
      title: 'Latency by container',
      metrics: [search('containers', BY_CONTAINER, ['ContainerLatency'], 'Average')],
      stat: 'Average',
      of: 'µs',
    },
    {
      title: 'Errors by container',
      metrics: [search('failing', BY_CONTAINER, ['InvocationModelErrors'], 'Sum')],
      stat: 'Sum',
    },
    {
      title: 'Records of transform jobs',
      metrics: [search('records', BY_JOB, ['RecordsDone', 'RecordsFailed'], 'Sum')],
      stat: 'Sum',
    },
    {
      title: 'Objects of transform jobs',
      metrics: [search('objects', BY_JOB, ['ObjectsDone', 'ObjectsFailed'], 'Sum')],
      stat: 'Sum',
    },
    { title: 'Errors of the functions', metrics: ofFunctions('Errors'), stat: 'Sum' },
    { title: 'Throttled functions', metrics: ofFunctions('Throttles'), stat: 'Sum' },
    {
      title: 'What waits for the reconciler',
      metrics: [
        ofQueue(queue, 'ApproximateNumberOfMessagesVisible', 'waiting'),
        ofQueue(deadLetterQueue, 'ApproximateNumberOfMessagesVisible', 'given up'),
      ],
      stat: 'Maximum',
    },
    {
      title: 'For how long',
      metrics: [ofQueue(queue, 'ApproximateAgeOfOldestMessage', 'oldest')],
      stat: 'Maximum',
      of: 's',
    },
  ]);
}
