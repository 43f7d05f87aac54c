import type { CaptureFilesOptions, Settled } from './capture-files.ts';
import type { CapturedInvocation } from './captured-invocation.ts';

/** What the thread that writes to S3 is started with. */
export type CaptureWorkerData = Pick<CaptureFilesOptions, 'settings' | 'place'> & {
  readonly region: string;
};

/** From the router to the thread. `end`: write what there is, for at most so many ms. */
export type ToCaptureWorker =
  | { readonly take: readonly CapturedInvocation[] }
  | { readonly end: number };

/** From the thread to the router. `problem` null: S3 works again. */
export type FromCaptureWorker = { readonly settled: Settled } | { readonly problem: string | null };
