import * as z from 'zod';

const port = z.int().min(1).max(65_535);

const config = z.object({
  /** Ports of the machine's loopback that the task finds on its own. */
  out: z.array(port),
  /** Ports that are published, and the task's own ports behind them. */
  in: z.array(z.object({ listen: port, to: port })),
});

export type RelayConfig = z.infer<typeof config>;

/** Reads the value of HEADRACE_RELAY. @throws what is wrong with it */
export function parseRelayConfig(value: string | undefined): RelayConfig {
  if (value === undefined) throw new Error('HEADRACE_RELAY is not set.');
  return config.parse(JSON.parse(value));
}
