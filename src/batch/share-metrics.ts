import { createMetricLine } from '../aws/embedded-metrics.ts';
import type { ShareCounts } from './work-items.ts';

export const TRANSFORM_NAMESPACE = 'Headrace/TransformJobs';

/** CloudWatch counts by the minute; a worker that dies takes at most this much with it. */
const TELL_EVERY_MS = 10_000;

const line = createMetricLine([
  {
    namespace: TRANSFORM_NAMESPACE,
    // All jobs together, for an alarm that need not know their names.
    dimensions: [['TransformJobName'], []],
    metrics: {
      ObjectsDone: 'Count',
      ObjectsFailed: 'Count',
      RecordsDone: 'Count',
      RecordsFailed: 'Count',
      RecordsPerSecond: 'Count/Second',
    },
  },
]);

type Counts = Readonly<
  Pick<ShareCounts, 'objectsDone' | 'objectsFailed' | 'recordsDone' | 'recordsFailed'>
>;

export interface ShareMetricsOptions {
  readonly job: string;
  /** What an earlier worker of the share had done: it is done again in name only, and told already. */
  readonly told: Counts;
  readonly print: (line: string) => void;
  readonly now: () => number;
}

/** Prints what a share has done since it was last told, in CloudWatch's embedded metric format. */
export class ShareMetrics {
  readonly #options: ShareMetricsOptions;
  #told: Counts;
  #toldAt: number;

  constructor(options: ShareMetricsOptions) {
    this.#options = options;
    this.#told = options.told;
    this.#toldAt = options.now();
  }

  /** Called often: prints now and then. */
  soon(counts: Counts): void {
    if (this.#options.now() - this.#toldAt >= TELL_EVERY_MS) this.tell(counts);
  }

  tell(counts: Counts): void {
    const { job, print, now } = this.#options;
    const at = now();
    const seconds = (at - this.#toldAt) / 1000;
    // Counts go back when a part is done anew; what was told stays told.
    const since = (name: keyof Counts) => Math.max(0, counts[name] - this.#told[name]);
    const records = since('recordsDone');
    const text = line(at, {
      TransformJobName: job,
      ObjectsDone: since('objectsDone'),
      ObjectsFailed: since('objectsFailed'),
      RecordsDone: records,
      RecordsFailed: since('recordsFailed'),
      RecordsPerSecond: seconds > 0 ? records / seconds : undefined,
    });
    print(text.trimEnd());
    this.#toldAt = at;
    const most = (name: keyof Counts) => Math.max(counts[name], this.#told[name]);
    this.#told = {
      objectsDone: most('objectsDone'),
      objectsFailed: most('objectsFailed'),
      recordsDone: most('recordsDone'),
      recordsFailed: most('recordsFailed'),
    };
  }
}
