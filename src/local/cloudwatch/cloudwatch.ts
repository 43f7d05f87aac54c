import { join } from 'node:path';
import type { Clock } from '../../aws/clock.ts';
import type { Timers } from '../ecs/timers.ts';
import { Alarms } from './alarms.ts';
import { EmbeddedMetricError, embeddedMetrics, hasEmbeddedMetrics } from './embedded-metrics.ts';
import { evaluateAlarms } from './evaluate-alarms.ts';
import { Metrics } from './metrics.ts';
import { prometheusText } from './prometheus.ts';

const EVERY_MS = 5000;
const MOST_REPORTS = 20;

export interface CloudWatchOptions {
  /** Alarms lie in `<dataDir>/cloudwatch` and outlive the process. Metrics do not. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly region: string;
  readonly account: string;
  /** Takes a line about what went wrong and did not stop the stand-in. */
  readonly report: (problem: string) => void;
}

/** The stand-in for Amazon CloudWatch without its HTTP face. Operations work on this. */
export class CloudWatch {
  readonly options: CloudWatchOptions;
  readonly alarms: Alarms;
  readonly metrics = new Metrics();
  readonly #reported = new Set<string>();
  #cancel: () => void;

  /** Throws when the alarms of an earlier life cannot be read. */
  constructor(options: CloudWatchOptions) {
    this.options = options;
    this.alarms = new Alarms(join(options.dataDir, 'cloudwatch', 'alarms.json'));
    this.#cancel = options.timers.after(EVERY_MS, () => this.#tick());
  }

  /** Brings every alarm's state up to date. Throws what the file system says. */
  evaluate(): void {
    const now = this.options.clock.now();
    const changed = evaluateAlarms(this.alarms.all(), this.metrics, now);
    if (changed.length > 0) this.alarms.put(changed);
  }

  /**
   * Takes the metrics out of a log's text, as CloudWatch Logs does; what is wrong with them is reported.
   * @returns whether the text is of metrics
   */
  takeEmbedded(text: string): boolean {
    if (!hasEmbeddedMetrics(text)) return false;
    for (const line of text.trimEnd().split('\n')) {
      try {
        for (const { id, at, unit, values } of embeddedMetrics(line, this.options.clock.now())) {
          this.metrics.add(id, at, unit, values);
        }
      } catch (error) {
        if (!(error instanceof EmbeddedMetricError)) throw error;
        this.#reportOnce(`a line's metrics were not taken: ${error.message}`);
      }
    }
    return true;
  }

  /** Containers print what they like, as often as they like. */
  #reportOnce(problem: string): void {
    if (this.#reported.has(problem) || this.#reported.size >= MOST_REPORTS) return;
    this.#reported.add(problem);
    this.options.report(problem);
  }

  /** Our own metrics, for `GET /metrics`. */
  prometheusText(): string {
    return prometheusText(this.metrics.all(), this.options.clock.now());
  }

  close(): void {
    this.#cancel();
  }

  #tick(): void {
    try {
      this.metrics.forgetOld(this.options.clock.now());
      this.evaluate();
    } catch (error) {
      this.options.report(`alarms were not evaluated: ${(error as Error).message}`);
    }
    this.#cancel = this.options.timers.after(EVERY_MS, () => this.#tick());
  }
}
