/** Where waiting comes from. Injected, so that tests run in virtual time. */
export interface Timers {
  /** Runs `task` once after `ms` milliseconds; the answer calls that off. */
  after(ms: number, task: () => void): () => void;
}

export const systemTimers: Timers = {
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};
