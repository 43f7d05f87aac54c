import type { Clock } from '../aws/clock.ts';
import type { Table, Unwritten } from '../aws/table.ts';
import type { BatchConfig } from './config.ts';
import { Superseded } from './object-failure.ts';
import { NO_COUNTS, newShare, type ShareCounts, type ShareItem, shareKey } from './work-items.ts';

const MOST_FAILURES_TOLD = 5;
const LONGEST_FAILURE = 600;

/** This worker's share, as it is written down: its right to go on, and how far it is. */
export class Progress {
  readonly counts: ShareCounts = { ...NO_COUNTS, failures: [] };
  /** As an earlier worker left the share. */
  readonly earlier: Readonly<ShareCounts>;
  readonly #table: Table;
  readonly #clock: Clock;
  #item: ShareItem;
  #steps: number;
  #writing: Promise<void> = Promise.resolve();

  /**
   * Takes the share over from whoever had it: at its next write that worker learns of it.
   * @returns undefined when the share is finished already
   * @throws Superseded when another worker does the same at this moment
   */
  static async take(
    config: BatchConfig,
    table: Table,
    clock: Clock,
    newId: () => string,
  ): Promise<Progress | undefined> {
    const found = await table.get<ShareItem>(shareKey(config.job, config.generation, config.share));
    if (found?.isFinished) return undefined;
    const fresh: Unwritten<ShareItem> = {
      ...newShare(config, found?.incarnation ?? newId(), clock.now()),
      ...(found !== undefined && { steps: found.steps, startedAt: found.startedAt }),
    };
    const ok =
      found === undefined
        ? await table.create<ShareItem>(fresh)
        : await table.replace<ShareItem>(found, fresh);
    if (!ok) throw new Superseded('another worker takes the same share');
    const item = { ...fresh, revision: (found?.revision ?? 0) + 1, written: '' };
    return new Progress(table, clock, item, found ?? NO_COUNTS);
  }

  private constructor(table: Table, clock: Clock, item: ShareItem, earlier: ShareCounts) {
    this.earlier = earlier;
    this.#table = table;
    this.#clock = clock;
    this.#item = item;
    this.#steps = item.steps;
  }

  step(): void {
    this.#steps += 1;
  }

  fail(message: string): void {
    const { failures } = this.counts;
    if (failures.length < MOST_FAILURES_TOLD) failures.push(message.slice(0, LONGEST_FAILURE));
  }

  /** Writes down how far it is. @throws Superseded when the share is no longer this worker's */
  async tell(): Promise<void> {
    await this.#write(false);
  }

  /** @throws Superseded */
  async finish(): Promise<void> {
    await this.#write(true);
  }

  /** One write after the other: each names the revision of the one before. */
  async #write(isFinished: boolean): Promise<void> {
    const write = this.#writing.then(() => this.#put(isFinished));
    this.#writing = write.catch(() => undefined);
    await write;
  }

  async #put(isFinished: boolean): Promise<void> {
    const { counts } = this;
    const next: ShareItem = {
      ...this.#item,
      ...counts,
      failures: [...counts.failures],
      steps: this.#steps,
      isFinished,
      updatedAt: this.#clock.now(),
    };
    if (!(await this.#table.replace<ShareItem>(this.#item, next))) {
      throw new Superseded('another worker has this share');
    }
    this.#item = { ...next, revision: this.#item.revision + 1 };
  }
}
