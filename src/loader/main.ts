import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { ConfigError, type LoaderConfig, parseLoaderConfig, type StageToLoad } from './config.ts';
import { inParallel } from './in-parallel.ts';
import { timedOut, toLoadError } from './load-error.ts';
import type { Loaded, LoadFailure } from './load-report.ts';
import { loadStage } from './load-stage.ts';

const STAGES_AT_A_TIME = 4;
const CONNECTION_TIMEOUT_MS = 5_000;
/** How long a connection may be silent: a stalled download is broken off and begun again. */
const SILENCE_MS = 30_000;

export interface Output {
  readonly print: (line: string) => void;
  readonly printError: (line: string) => void;
}

const consoleOutput: Output = {
  print: (line) => console.log(line),
  printError: (line) => console.error(line),
};

/**
 * The `load` command: brings the model data that HEADRACE_LOAD lists to `models/<position>` under
 * SAGEMAKER_BASE_DIR, one line of {@link Loaded} or {@link LoadFailure} per stage.
 * @returns the exit code: 0 when all of it lies in place.
 */
export async function load(
  env: Readonly<Record<string, string | undefined>>,
  output = consoleOutput,
): Promise<number> {
  let config: LoaderConfig;
  try {
    config = parseLoaderConfig(env.HEADRACE_LOAD);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    output.printError(error.message);
    return 1;
  }

  const models = join(env.SAGEMAKER_BASE_DIR || '/opt/ml', 'models');
  const s3 = new S3Client({
    // A custom endpoint has no host name per bucket.
    forcePathStyle: Boolean(env.AWS_ENDPOINT_URL_S3),
    requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS, socketTimeout: SILENCE_MS },
  });
  const deadline = AbortSignal.timeout(config.timeoutSeconds * 1000);
  let failures = 0;

  await inParallel(config.stages, STAGES_AT_A_TIME, async (stage) => {
    const result = await tryStage(
      s3,
      stage,
      config,
      join(models, String(stage.position)),
      deadline,
    );
    if (result.event === 'load-failed') failures += 1;
    const print = result.event === 'load-failed' ? output.printError : output.print;
    print(JSON.stringify(result));
  });
  s3.destroy();
  return failures === 0 ? 0 : 1;
}

async function tryStage(
  s3: S3Client,
  stage: StageToLoad,
  { timeoutSeconds }: LoaderConfig,
  path: string,
  deadline: AbortSignal,
): Promise<Loaded | LoadFailure> {
  const started = performance.now();
  try {
    const { files, bytes } = await loadStage(s3, stage, path, deadline);
    const seconds = Math.round(performance.now() - started) / 1000;
    return { event: 'loaded', stage: stage.name, files, bytes, seconds };
  } catch (error) {
    const uris = stage.sources.map(({ uri }) => uri).join(', ');
    const { message } = deadline.aborted
      ? timedOut(uris, timeoutSeconds)
      : toLoadError(error, uris);
    return { event: 'load-failed', stage: stage.name, message };
  }
}
