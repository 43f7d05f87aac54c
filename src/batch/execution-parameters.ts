import { request } from 'undici';
import * as z from 'zod';
import type { BatchConfig } from './config.ts';

/** How requests are made: what the job says, else the first stage, else SageMaker's defaults. */
export interface Execution {
  concurrency: number;
  strategy: 'SingleRecord' | 'MultiRecord';
  /** MaxPayloadInMB 0: an object is one request, which is never held whole. */
  streams: boolean;
  /** 0: no bound. */
  maxPayloadInMB: number;
  /** The most that a request may hold that does not stream. */
  maxBytes: number;
}

const PATIENCE_MS = 5_000;
const BYTES_PER_MB = 1024 * 1024;
/** MaxConcurrentTransforms x MaxPayloadInMB, and MaxPayloadInMB alone (reference section 2.9). */
const MOST_MB = 100;
/** What requests under way may hold together. */
export const MOST_HELD_BYTES = MOST_MB * BYTES_PER_MB;
const DEFAULT_MB = 6;

const answered = z.object({
  MaxConcurrentTransforms: z.int().min(1).optional().catch(undefined),
  BatchStrategy: z.enum(['MULTI_RECORD', 'SINGLE_RECORD']).optional().catch(undefined),
  MaxPayloadInMB: z.int().min(1).max(MOST_MB).optional().catch(undefined),
});

type Advice = z.infer<typeof answered>;

/** Reference section 4.3. Not implemented (404), or not JSON, means no advice. */
export async function askFirstStage(port: number, signal: AbortSignal): Promise<Advice> {
  try {
    const { statusCode, body } = await request(`http://127.0.0.1:${port}/execution-parameters`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
    const text = await body.text();
    if (statusCode !== 200) return {};
    return answered.safeParse(JSON.parse(text)).data ?? {};
  } catch (error) {
    signal.throwIfAborted();
    // A stage that closes the connection, or says something else, gives no advice.
    if (error instanceof Error) return {};
    throw error;
  }
}

type Wishes = Pick<
  BatchConfig,
  'split' | 'strategy' | 'maxConcurrentTransforms' | 'maxPayloadInMB'
>;

export function needsAdvice(job: Wishes): boolean {
  return !job.maxConcurrentTransforms || job.maxPayloadInMB === undefined || !job.strategy;
}

export function execution(job: Wishes, advice: Advice): Execution {
  const maxPayloadInMB = job.maxPayloadInMB ?? advice.MaxPayloadInMB ?? DEFAULT_MB;
  const advised = advice.BatchStrategy === 'SINGLE_RECORD' ? 'SingleRecord' : 'MultiRecord';
  const strategy = job.strategy ?? advised;
  const wanted = job.maxConcurrentTransforms || advice.MaxConcurrentTransforms || 1;
  return {
    concurrency: Math.max(1, Math.min(wanted, Math.floor(MOST_MB / Math.max(1, maxPayloadInMB)))),
    strategy,
    streams: maxPayloadInMB === 0 && (job.split === 'None' || strategy === 'MultiRecord'),
    maxPayloadInMB,
    maxBytes: (maxPayloadInMB || MOST_MB) * BYTES_PER_MB,
  };
}
