import { setTimeout as sleep } from 'node:timers/promises';
import { quoted } from './data-processing.ts';

const PAUSE_MS = 200;

interface Refusal {
  stage: string | undefined;
  status: number;
  said: string;
  isLate?: boolean;
}

/** The pipeline did not transform a payload. */
export class InvocationError extends Error {
  override name = 'InvocationError';
  /** The stage that failed, where the router tells. */
  readonly stage: string | undefined;
  /** What the stage answered; 0 when it gave no whole answer. */
  readonly status: number;
  /** What it said. */
  readonly said: string;
  /** It gave no answer in time. */
  readonly isLate: boolean;

  constructor({ stage, status, said, isLate = false }: Refusal) {
    const who = stage === undefined ? 'the pipeline' : `stage ${stage}`;
    const did = status === 0 ? 'gave no answer' : `answered ${status}`;
    super(`${who} ${did}: ${quoted(said.trim(), 300)}`);
    this.stage = stage;
    this.status = status;
    this.said = said;
    this.isLate = isLate;
  }

  /** Asking again with the same payload may help. */
  get isPassing(): boolean {
    return this.status < 400 || this.status >= 500 || [408, 429].includes(this.status);
  }

  /** The payload may be to blame: somebody looked at it. */
  get isAboutPayload(): boolean {
    return this.status !== 0 || this.isLate;
  }
}

/** One try of `once` and up to `retries` more, as long as asking again may help. @throws InvocationError */
export async function retrying<T>(
  once: () => Promise<T>,
  retries: number,
  signal: AbortSignal,
): Promise<T> {
  for (let tried = 0; ; tried++) {
    try {
      return await once();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof InvocationError) || !error.isPassing || tried >= retries) throw error;
      await sleep(PAUSE_MS * 2 ** tried, undefined, { signal });
    }
  }
}
