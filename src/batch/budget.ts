/** So much of something at a time; who comes first is served first. */
export class Budget {
  readonly #total: number;
  #used = 0;
  readonly #waiting: { cost: number; go: () => void }[] = [];

  constructor(total: number) {
    this.#total = total;
  }

  /** Waits for `cost` of it; what costs more than there is gets all. Returns what gives it back. */
  async take(cost = 1): Promise<() => void> {
    const free = this.tryTake(cost);
    if (free !== undefined) return free;
    const share = Math.min(cost, this.#total);
    await new Promise<void>((go) => this.#waiting.push({ cost: share, go }));
    return this.#giveBack(share);
  }

  /** The same, or undefined when one would have to wait. */
  tryTake(cost = 1): (() => void) | undefined {
    const share = Math.min(cost, this.#total);
    if (this.#waiting.length > 0 || this.#used + share > this.#total) return undefined;
    this.#used += share;
    return this.#giveBack(share);
  }

  #giveBack(share: number): () => void {
    let isGiven = false;
    return () => {
      if (isGiven) return;
      isGiven = true;
      this.#used -= share;
      this.#serve();
    };
  }

  #serve(): void {
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || this.#used + next.cost > this.#total) return;
      this.#waiting.shift();
      this.#used += next.cost;
      next.go();
    }
  }
}
