import { type MetricId, metricKey } from './metric-id.ts';
import { asKept } from './sagemaker-namespace.ts';
import { cellsOf, merge, type Summary } from './summary.ts';

/** What came in, second by second (Unix time). */
export type Seconds = ReadonlyMap<number, Summary>;

export interface Metric extends MetricId {
  /** The unit of the latest value. */
  readonly unit: string;
  readonly seconds: Seconds;
  /** Of all values that ever came, also those that are no longer kept. */
  readonly total: { readonly count: number; readonly sum: number };
}

interface Kept extends MetricId {
  unit: string;
  readonly seconds: Map<number, Summary>;
  readonly total: { count: number; sum: number };
}

interface Bounds {
  readonly keepSeconds: number;
  readonly mostMetrics: number;
  readonly mostCells: number;
}

/** CloudWatch keeps high-resolution values three hours. The rest bounds the memory: some 100 MB at worst. */
const BOUNDS: Bounds = { keepSeconds: 3 * 3600, mostMetrics: 5000, mostCells: 500_000 };

/**
 * The values of the last three hours, in memory. When there is too much, metrics that have been silent
 * longest go first, and then the oldest values.
 */
export class Metrics {
  readonly #bounds: Bounds;
  /** In order of their latest value. */
  readonly #metrics = new Map<string, Kept>();
  #cells = 0;

  constructor(bounds: Partial<Bounds> = {}) {
    this.#bounds = { ...BOUNDS, ...bounds };
  }

  get cells(): number {
    return this.#cells;
  }

  /** @param at milliseconds since the Unix epoch; what is older than the bound is dropped with the next `forgetOld` */
  add(id: MetricId, at: number, unit: string, values: Summary): void {
    const key = metricKey(id);
    const metric = this.#metrics.get(key) ?? newMetric(id, unit);
    metric.unit = unit;
    metric.total.count += values.count;
    metric.total.sum += values.sum;
    this.#metrics.delete(key);
    this.#metrics.set(key, metric);

    const second = Math.floor(at / 1000);
    const before = metric.seconds.get(second);
    const after = before === undefined ? values : merge(before, values);
    metric.seconds.set(second, after);
    this.#cells += cellsOf(after) - (before === undefined ? 0 : cellsOf(before));
    this.#makeRoom(second);
  }

  get(id: MetricId): Metric | undefined {
    return this.#metrics.get(metricKey(asKept(id)));
  }

  all(): Metric[] {
    return [...this.#metrics.values()];
  }

  /** Drops values that are older than the bound, and metrics that have none left. */
  forgetOld(now: number): void {
    this.#forgetBefore(Math.floor(now / 1000) - this.#bounds.keepSeconds);
  }

  #makeRoom(second: number): void {
    while (this.#metrics.size > this.#bounds.mostMetrics) {
      const [oldest = ''] = this.#metrics.keys();
      this.#forget(oldest);
    }
    let keep = this.#bounds.keepSeconds;
    while (this.#cells > this.#bounds.mostCells && keep > 1) {
      keep /= 2;
      this.#forgetBefore(second - keep);
    }
  }

  #forgetBefore(first: number): void {
    for (const [key, { seconds }] of this.#metrics) {
      for (const [second, values] of seconds) {
        if (second >= first) continue;
        seconds.delete(second);
        this.#cells -= cellsOf(values);
      }
      if (seconds.size === 0) this.#metrics.delete(key);
    }
  }

  #forget(key: string): void {
    for (const values of this.#metrics.get(key)?.seconds.values() ?? []) {
      this.#cells -= cellsOf(values);
    }
    this.#metrics.delete(key);
  }
}

function newMetric(id: MetricId, unit: string): Kept {
  return { ...id, unit, seconds: new Map(), total: { count: 0, sum: 0 } };
}
