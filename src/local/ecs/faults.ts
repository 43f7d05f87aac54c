import { AwsError } from '../logs/index.ts';

/** May look at, delay or swallow an operation. 'drop' closes the caller's connection without an answer. */
export type Intercept = (
  operation: string,
  phase: 'before' | 'after',
) => 'drop' | undefined | Promise<'drop' | undefined>;

/** Failures on demand. Everything is off until a test says otherwise. */
export class Faults {
  /** Called around each operation: 'before' and drop means not done, 'after' and drop means done but answer lost. */
  intercept: Intercept | undefined;
  #capacity = Number.POSITIVE_INFINITY;
  #startDelayMs = 0;
  readonly #throttled = new Map<string, number>();
  readonly #listeners = new Set<() => void>();

  /** How many tasks find room. More than that wait, or are not placed. */
  get capacity(): number {
    return this.#capacity;
  }

  setCapacity(tasks: number): void {
    this.#capacity = tasks;
    for (const listener of this.#listeners) listener();
  }

  /** How long each task that starts from now on stays PENDING before anything of it starts. */
  get startDelayMs(): number {
    return this.#startDelayMs;
  }

  setStartDelay(ms: number): void {
    this.#startDelayMs = ms;
  }

  /** The next `calls` calls of `operation` answer ThrottlingException. */
  throttle(operation: string, calls: number): void {
    this.#throttled.set(operation, calls);
  }

  checkThrottle(operation: string): void {
    const left = this.#throttled.get(operation) ?? 0;
    if (left <= 0) return;
    this.#throttled.set(operation, left - 1);
    throw new AwsError('ThrottlingException', 'Rate exceeded');
  }

  onCapacityChange(listener: () => void): void {
    this.#listeners.add(listener);
  }
}
