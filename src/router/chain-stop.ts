/** Why a chain was ended from outside. */
export type StopReason = 'timed-out' | 'caller-left';

/**
 * Ends a chain from outside: its deadline has passed, or its caller has left. A chain does one thing at
 * a time, so one listener is enough, and costs next to nothing.
 */
export class ChainStop {
  #why: StopReason | undefined;
  /** Called once, when the chain is stopped. */
  onStop: ((why: StopReason) => void) | undefined;

  /** undefined while the chain goes on. */
  get why(): StopReason | undefined {
    return this.#why;
  }

  /** The first reason counts. */
  stop(why: StopReason): void {
    if (this.#why !== undefined) return;
    this.#why = why;
    const { onStop } = this;
    this.onStop = undefined;
    onStop?.(why);
  }
}
