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
    const share = Math.min(cost, this.#total);
    if (this.#waiting.length > 0 || this.#used + share > this.#total) {
      await new Promise<void>((go) => this.#waiting.push({ cost: share, go }));
    } else {
      this.#used += share;
    }
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
