import { setFlagsFromString } from 'node:v8';
import { ConfigError, parseRouterConfig, type RouterConfig } from './config.ts';
import { startRouter } from './server.ts';

/** Bodies of usual size are cut from slabs of this size: an allocation each would keep the GC busy. */
const POOL_BYTES = 262_144;
/**
 * Once as many bytes of bodies have come and gone as the small heap is large, V8 looks through all of it for
 * them: many times a second. It may wait ten times as long. (NODE_OPTIONS do not take this one.)
 */
const HEAP_GROWTH = '--heap-growing-percent=900';

/** What of Node's `process` the command needs. */
type Host = Pick<NodeJS.Process, 'on' | 'exit' | 'argv'>;

/**
 * Runs the router until SIGTERM, then drains it and exits 0. A second SIGTERM changes nothing.
 * Exits 1 with a line on stderr when the environment is wrong or the port is taken.
 */
export async function serve(
  env: Readonly<Record<string, string | undefined>>,
  host: Host,
): Promise<void> {
  let config: RouterConfig;
  try {
    config = parseRouterConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    host.exit(1);
    return;
  }

  setFlagsFromString(HEAP_GROWTH);
  Buffer.poolSize = POOL_BYTES;
  try {
    const router = await startRouter(config, { script: host.argv[1] });
    const stop = (): void => {
      void router.close().then(() => host.exit(0));
    };
    host.on('SIGTERM', stop);
    host.on('SIGINT', stop);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    console.error(`The router cannot listen on ${config.listen}:${config.port}: ${why}`);
    host.exit(1);
  }
}
