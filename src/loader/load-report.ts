import * as z from 'zod';

const loadFailure = z.object({
  event: z.literal('load-failed'),
  /** The stage's name. */
  stage: z.string(),
  /** What went wrong with which data, and the way out. */
  message: z.string(),
});

const loaded = z.object({
  event: z.literal('loaded'),
  stage: z.string(),
  files: z.number(),
  bytes: z.number(),
  seconds: z.number(),
});

/** The line that the loader writes to stderr for each stage whose model data could not be loaded. */
export type LoadFailure = z.infer<typeof loadFailure>;

/** The line that the loader writes to stdout for each stage whose model data lies in place. */
export type Loaded = z.infer<typeof loaded>;

/** The failure in a line of a loader's log; undefined when the line is something else. */
export function parseLoadFailure(line: string): LoadFailure | undefined {
  if (!line.includes('"load-failed"')) return undefined;
  try {
    return loadFailure.safeParse(JSON.parse(line)).data;
  } catch {
    // A line that is not JSON is no report.
    return undefined;
  }
}
