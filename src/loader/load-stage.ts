import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import type { StageToLoad } from './config.ts';
import { fetchSource } from './fetch-source.ts';
import { StageFolder } from './folder.ts';
import { LoadError, toLoadError } from './load-error.ts';

/** Requests are retried by the SDK; a download that breaks off halfway only we can begin again. */
const TRIES = 3;
const WAIT_MS = 500;

export interface LoadedData {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Brings all model data of one stage into `path`, whole or not at all.
 * @throws LoadError
 */
export async function loadStage(
  s3: S3Client,
  stage: StageToLoad,
  path: string,
  signal: AbortSignal,
): Promise<LoadedData> {
  const folder = new StageFolder(path);
  const uris = stage.sources.map(({ uri }) => uri).join(', ');
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await folder.begin();
        for (const source of stage.sources) await fetchSource(s3, source, folder, signal);
        await folder.commit();
        return { files: folder.files, bytes: folder.bytes };
      } catch (error) {
        if (error instanceof LoadError || signal.aborted || attempt === TRIES) throw error;
        await sleep(WAIT_MS * attempt, undefined, { signal });
      }
    }
  } catch (error) {
    await folder.discard();
    throw toLoadError(error, uris);
  }
}
