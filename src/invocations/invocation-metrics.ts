import { createMetricLine, type MetricMembers, type MetricUnit } from '../aws/embedded-metrics.ts';
import type { StageTime } from './stage-times.ts';

/** Alarms and dashboards name it: names, units and dimensions below are SageMaker's (reference 5.2). */
export const ENDPOINT_NAMESPACE = 'Headrace/Endpoints';

/** One invocation that a variant was chosen for, after its end. */
export interface MeasuredInvocation {
  readonly endpoint: string;
  readonly variant: string;
  /** undefined: the route is older than its knowledge of it. */
  readonly config: string | undefined;
  readonly requestId: string;
  /** Of the variant, all its fleets together. */
  readonly instances: number;
  /** The model's status where it gave one, else the answer's. 0: the model gave no answer. */
  readonly status: number;
  readonly isModelError: boolean;
  /** Those that ran, in order. Of an invocation that failed in a stage, the last one is it. */
  readonly stages: readonly StageTime[];
  readonly elapsedMs: number;
  /** How many requests the task had, this one among them. */
  readonly concurrent: number | undefined;
  /** Of an answer that streams. */
  readonly stream?: { readonly firstChunkMs: number | undefined; readonly isBroken: boolean };
}

const BY_VARIANT = ['EndpointName', 'VariantName'];
/** One fleet alone: while an update runs, a variant has two. */
const BY_FLEET = [...BY_VARIANT, 'EndpointConfigName'];
const BY_CONTAINER = [...BY_VARIANT, 'ContainerName'];
const BY_FLEET_AND_CONTAINER = [...BY_FLEET, 'ContainerName'];

const ofContainer = {
  namespace: ENDPOINT_NAMESPACE,
  dimensions: [BY_CONTAINER, BY_FLEET_AND_CONTAINER],
  metrics: {
    Invocations: 'None',
    InvocationModelErrors: 'None',
    ContainerLatency: 'Microseconds',
  } satisfies Record<string, MetricUnit>,
};

const ofInvocation = {
  namespace: ENDPOINT_NAMESPACE,
  dimensions: [BY_VARIANT, BY_FLEET],
  metrics: {
    Invocations: 'None',
    Invocation4XXErrors: 'None',
    Invocation5XXErrors: 'None',
    InvocationModelErrors: 'None',
    ModelLatency: 'Microseconds',
    OverheadLatency: 'Microseconds',
    ConcurrentRequestsPerModel: 'None',
    FirstChunkLatency: 'Microseconds',
    MidStreamErrors: 'None',
  } satisfies Record<string, MetricUnit>,
};

/** A part of one fleet's instances means nothing. */
const ofInstance = {
  namespace: ENDPOINT_NAMESPACE,
  dimensions: [BY_VARIANT],
  metrics: { InvocationsPerInstance: 'None' } satisfies Record<string, MetricUnit>,
};

const containerLine = createMetricLine([ofContainer]);
const invocationLine = createMetricLine([ofInvocation, ofInstance]);
const invocationAndContainerLine = createMetricLine([ofInvocation, ofInstance, ofContainer]);

/**
 * What one invocation prints: a line for itself and the last stage that ran, and one for each stage
 * before that. They cannot be one: in a line, a dimension has one value, and so has `ContainerName`.
 */
export function invocationMetrics(invocation: MeasuredInvocation, now: number): string {
  const last = invocation.stages.at(-1);
  let lines = '';
  for (const { name, ms } of invocation.stages.slice(0, -1)) {
    lines += containerLine(now, {
      ...whereOf(invocation),
      ContainerName: name,
      Invocations: 1,
      InvocationModelErrors: 0,
      ContainerLatency: micros(ms),
      requestId: invocation.requestId,
    });
  }
  const own = { ContainerName: last?.name, ContainerLatency: micros(last?.ms) };
  return lines + invocationAndContainerLine(now, { ...membersOf(invocation), ...own });
}

/** The same in one line, for who does without those of the containers. */
export function metricsWithoutContainers(invocation: MeasuredInvocation, now: number): string {
  return invocationLine(now, membersOf(invocation));
}

function whereOf({ endpoint, variant, config }: MeasuredInvocation) {
  return { EndpointName: endpoint, VariantName: variant, EndpointConfigName: config };
}

function membersOf(invocation: MeasuredInvocation): MetricMembers {
  const { status, isModelError, stages, stream, elapsedMs } = invocation;
  const modelMs = stages.length === 0 ? undefined : stages.reduce((sum, { ms }) => sum + ms, 0);
  return {
    ...whereOf(invocation),
    Invocations: 1,
    InvocationsPerInstance: 1 / Math.max(1, invocation.instances),
    Invocation4XXErrors: status >= 400 && status < 500 ? 1 : 0,
    Invocation5XXErrors: status >= 500 || status === 0 ? 1 : 0,
    InvocationModelErrors: isModelError ? 1 : 0,
    ModelLatency: micros(modelMs),
    OverheadLatency: modelMs === undefined ? undefined : micros(elapsedMs - modelMs),
    ConcurrentRequestsPerModel: invocation.concurrent,
    FirstChunkLatency: micros(stream?.firstChunkMs),
    MidStreamErrors: stream && (stream.isBroken ? 1 : 0),
    requestId: invocation.requestId,
  };
}

function micros(ms: number): number;
function micros(ms: number | undefined): number | undefined;
function micros(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.max(0, Math.round(ms * 1000));
}
