import type { RouterConfig } from './config.ts';
import type { StageFailure } from './stage-failure.ts';

/** Upper bounds of the latency buckets, in seconds. */
const BOUNDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 480,
] as const;

interface StageCounts {
  requests: number;
  readonly errors: Map<string, number>;
  requestBytes: number;
  responseBytes: number;
  seconds: number;
  /** One more than there are bounds: the last one holds what is over all of them. */
  readonly buckets: number[];
}

/** What has passed through the router, counted since it started. */
export class Metrics {
  readonly #stages: ReadonlyMap<string, StageCounts>;
  readonly #answers = new Map<number, number>();

  constructor(stages: RouterConfig['stages']) {
    this.#stages = new Map(stages.map(({ name }) => [name, newCounts()]));
  }

  /** One hop is over. Bytes are those of bodies. */
  hop(
    stage: string,
    milliseconds: number,
    requestBytes: number,
    responseBytes: number,
    failure: StageFailure | undefined,
  ): void {
    const counts = this.#stages.get(stage);
    if (counts === undefined) return;
    counts.requests += 1;
    counts.requestBytes += requestBytes;
    counts.responseBytes += responseBytes;
    const seconds = milliseconds / 1_000;
    counts.seconds += seconds;
    let bucket = 0;
    while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] ?? 0)) bucket += 1;
    counts.buckets[bucket] = (counts.buckets[bucket] ?? 0) + 1;
    if (failure !== undefined) {
      counts.errors.set(failure.kind, (counts.errors.get(failure.kind) ?? 0) + 1);
    }
  }

  /** One invocation was answered; 499 when its caller had left. */
  answered(status: number): void {
    this.#answers.set(status, (this.#answers.get(status) ?? 0) + 1);
  }

  /** Prometheus' text format, version 0.0.4. */
  text(inFlight: number, more: readonly string[] = []): string {
    const lines = [
      '# HELP headrace_requests_total Invocations answered, by status (499: the caller left).',
      '# TYPE headrace_requests_total counter',
      ...[...this.#answers].map(
        ([status, n]) => `headrace_requests_total{status="${status}"} ${n}`,
      ),
      '# HELP headrace_requests_in_flight Invocations under way.',
      '# TYPE headrace_requests_in_flight gauge',
      `headrace_requests_in_flight ${inFlight}`,
      ...this.#counter('stage_requests_total', 'Requests sent to a stage.', (of) => of.requests),
      ...this.#counter(
        'stage_request_bytes_total',
        'Bytes of bodies sent to a stage.',
        (of) => of.requestBytes,
      ),
      ...this.#counter(
        'stage_response_bytes_total',
        'Bytes of bodies taken from a stage.',
        (of) => of.responseBytes,
      ),
      ...this.#errors(),
      ...this.#latency(),
      ...more,
    ];
    return `${lines.join('\n')}\n`;
  }

  #counter(name: string, help: string, value: (counts: StageCounts) => number): string[] {
    return [
      `# HELP headrace_${name} ${help}`,
      `# TYPE headrace_${name} counter`,
      ...[...this.#stages].map(
        ([stage, counts]) => `headrace_${name}{stage="${stage}"} ${value(counts)}`,
      ),
    ];
  }

  #errors(): string[] {
    const name = 'headrace_stage_errors_total';
    const lines = [
      `# HELP ${name} Requests to a stage that gave no 2xx answer, by kind.`,
      `# TYPE ${name} counter`,
    ];
    for (const [stage, { errors }] of this.#stages) {
      for (const [kind, n] of errors) lines.push(`${name}{stage="${stage}",kind="${kind}"} ${n}`);
    }
    return lines;
  }

  #latency(): string[] {
    const name = 'headrace_stage_latency_seconds';
    const lines = [
      `# HELP ${name} Time from a request to a stage to the end of its answer.`,
      `# TYPE ${name} histogram`,
    ];
    for (const [stage, { buckets, seconds, requests }] of this.#stages) {
      let sum = 0;
      BOUNDS.forEach((bound, i) => {
        sum += buckets[i] ?? 0;
        lines.push(`${name}_bucket{stage="${stage}",le="${bound}"} ${sum}`);
      });
      lines.push(`${name}_bucket{stage="${stage}",le="+Inf"} ${requests}`);
      lines.push(`${name}_sum{stage="${stage}"} ${seconds.toFixed(6)}`);
      lines.push(`${name}_count{stage="${stage}"} ${requests}`);
    }
    return lines;
  }
}

function newCounts(): StageCounts {
  return {
    requests: 0,
    errors: new Map(),
    requestBytes: 0,
    responseBytes: 0,
    seconds: 0,
    buckets: Array.from({ length: BOUNDS.length + 1 }, () => 0),
  };
}
