import * as z from 'zod';
import { type CaptureSettings, captureSettings } from '../capture/capture-settings.ts';

/** One container of the pipeline, as the router reaches it. */
export interface Stage {
  readonly name: string;
  readonly port: number;
}

/** What the router is told by its environment. Times are milliseconds, sizes are bytes. */
export interface RouterConfig {
  readonly listen: string;
  readonly port: number;
  readonly endpoint: string;
  readonly variant: string;
  /** Tells the task's fleet from every other; undefined where nobody asks for one. */
  readonly fleet?: string | undefined;
  readonly region: string;
  readonly account: string;
  readonly partition: string;
  readonly mode: 'Serial' | 'Direct';
  readonly stages: readonly [Stage, ...Stage[]];
  readonly logGroup: string;
  /** What a ModelError says after "See ". */
  readonly logUrl: string;
  readonly maxBodyBytes: number;
  readonly timeoutMs: number;
  /** The same for an answer that streams. */
  readonly streamTimeoutMs: number;
  readonly drainMs: number;
  readonly maxInFlight: number;
  /** Of bodies, those of all requests in flight together. */
  readonly maxHeldBytes: number;
  /** The time between two pings of a stage that is healthy, and the failed pings that make it fail. */
  readonly pingEveryMs: number;
  readonly pingFailures: number;
  /** undefined: nothing is captured. */
  readonly capture?: CaptureSettings | undefined;
}

/** The environment is wrong. The message is one line and names the variable. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

const MAX_PORT = 65_535;
const MAX_BODY_BYTES = 104_857_600;
const MAX_TIMEOUT_MS = 3_600_000;

// A stage's name stands in Server-Timing, which takes tokens only.
const name = z.string().regex(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/, 'must be a container name');

// Members we do not know are ignored: a task outlives the control plane that wrote its definition.
const settings = z.object({
  endpoint: z.string().min(1),
  variant: z.string().min(1),
  fleet: z.string().min(1).optional(),
  region: z.string().min(1),
  account: z.string().min(1),
  partition: z.string().min(1).default('aws'),
  mode: z.enum(['Serial', 'Direct']),
  stages: z.array(name).min(1).max(15),
  logGroup: z.string().min(1),
  logUrl: z.string().min(1).max(1024),
  maxBodyBytes: z.int().min(1).max(MAX_BODY_BYTES),
  timeoutMs: z.int().min(1).max(MAX_TIMEOUT_MS),
  streamTimeoutMs: z.int().min(1).max(MAX_TIMEOUT_MS).default(480_000),
  drainMs: z.int().min(0).max(MAX_TIMEOUT_MS),
  listen: z.string().min(1).default('0.0.0.0'),
  maxInFlight: z.int().min(1).default(256),
  maxHeldBytes: z.int().min(1).default(1_073_741_824),
  pingEveryMs: z.int().min(100).max(60_000).default(5_000),
  pingFailures: z.int().min(1).max(10).default(2),
  capture: captureSettings.optional(),
});

const listenPort = z.string().transform(Number).pipe(z.int().min(0).max(MAX_PORT));
const stagePorts = z
  .string()
  .transform((list) => list.split(',').map(Number))
  .pipe(z.array(z.int().min(1).max(MAX_PORT)));

/**
 * Reads HEADRACE_ROUTER_PORT, HEADRACE_STAGE_PORTS and HEADRACE_ROUTER.
 * @throws ConfigError naming the variable that is missing or wrong.
 */
export function parseRouterConfig(env: Readonly<Record<string, string | undefined>>): RouterConfig {
  const { stages: names, ...rest } = parse(settings, 'HEADRACE_ROUTER', json(env));
  const ports = parse(stagePorts, 'HEADRACE_STAGE_PORTS', env.HEADRACE_STAGE_PORTS);
  const ownPort = parse(listenPort, 'HEADRACE_ROUTER_PORT', env.HEADRACE_ROUTER_PORT || undefined);

  if (ports.length !== names.length) {
    throw new ConfigError(
      `HEADRACE_STAGE_PORTS lists ${ports.length} ports, but HEADRACE_ROUTER names ${names.length} stages; give one port per stage.`,
    );
  }
  if (new Set(names).size !== names.length) {
    throw new ConfigError('HEADRACE_ROUTER: stages names a container twice.');
  }
  const [first, ...others] = names.map((stage, i) => ({ name: stage, port: ports[i] ?? 0 }));
  if (first === undefined) throw new ConfigError('HEADRACE_ROUTER: stages is empty.');

  return { ...rest, port: ownPort, stages: [first, ...others] };
}

function json(env: Readonly<Record<string, string | undefined>>): unknown {
  try {
    return JSON.parse(env.HEADRACE_ROUTER ?? 'null');
  } catch {
    throw new ConfigError('HEADRACE_ROUTER is not valid JSON.');
  }
}

function parse<T>(schema: z.ZodType<T>, variable: string, value: unknown): T {
  if (value === undefined || value === null) throw new ConfigError(`${variable} is not set.`);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.length ? `${variable}: ${issue.path.join('.')}` : variable;
  throw new ConfigError(`${where}: ${issue?.message ?? 'invalid'}.`);
}
