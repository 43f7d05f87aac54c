import * as z from 'zod';

/**
 * The line that the router prints whenever the health of its task changes, and a last time, `final`,
 * when it is told to stop. It is how the reconciler learns why a task does not become healthy.
 */
export type HealthReport = z.infer<typeof healthReport>;

const healthReport = z.object({
  event: z.literal('health'),
  /** ISO 8601. */
  time: z.string(),
  final: z.boolean(),
  stages: z.array(
    z.object({
      name: z.string(),
      /** `starting` until its first 200, `failing` when it was healthy and is no more. */
      state: z.enum(['starting', 'healthy', 'failing']),
      /** What its pings saw, e.g. `never listened on port 24000`. */
      reason: z.string(),
      /** How long it has been in this state. */
      seconds: z.number(),
    }),
  ),
});

/** The report in a line of a router's log; undefined when the line is something else. */
export function parseHealthReport(line: string): HealthReport | undefined {
  if (!line.includes('"health"')) return undefined;
  try {
    return healthReport.safeParse(JSON.parse(line)).data;
  } catch {
    // A line that is not JSON is no report.
    return undefined;
  }
}
