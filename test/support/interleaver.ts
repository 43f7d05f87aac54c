import type { AroundCall } from './simulated-plane.ts';

/**
 * Runs several processes at once and lets one outside call happen at a time, in an order that `choose`
 * decides: every interleaving of their calls can come up. A process may fall asleep at a call, and go on
 * much later with the world as it knew it: a zombie.
 */
export class Interleaver {
  readonly #waiting: (() => void)[] = [];
  readonly #asleep: (() => void)[] = [];
  readonly #choose: (among: number) => number;
  readonly #failures: unknown[] = [];
  #awake = 0;

  constructor(choose: (among: number) => number) {
    this.#choose = choose;
  }

  /** Starts a process; it calls the outside through `around` only. */
  start(work: (around: AroundCall) => Promise<unknown>, sleepsAt?: number): void {
    let calls = 0;
    const around: AroundCall = async (send) => {
      calls += 1;
      await new Promise<void>((resolve) => {
        if (calls === sleepsAt) this.#sleep(resolve);
        else this.#waiting.push(resolve);
      });
      return send();
    };
    this.#awake += 1;
    work(around)
      .catch((error: unknown) => this.#failures.push(error))
      .finally(() => {
        this.#awake -= 1;
      });
  }

  #sleep(resolve: () => void): void {
    this.#awake -= 1;
    this.#asleep.push(() => {
      this.#awake += 1;
      resolve();
    });
  }

  wakeAll(): void {
    for (const wake of this.#asleep.splice(0)) wake();
  }

  /** Until every process is done or asleep. @throws what a process threw */
  async run(): Promise<void> {
    while (this.#awake > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      const [next] = this.#waiting.splice(this.#choose(this.#waiting.length), 1);
      next?.();
    }
    if (this.#failures.length > 0) throw this.#failures[0];
  }
}
