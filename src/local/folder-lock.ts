import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from './settings.ts';

/**
 * Makes the data folder, and keeps a second stack out of it. The lock is the operating system's, so it
 * goes with the process, however that ends.
 * @throws StartError when another one has it, or the folder cannot be made, written or locked
 */
export function lockFolder(dataDir: string): () => Promise<void> {
  const database = openIn(dataDir);
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(
      /locked|busy/.test(reason)
        ? `the data folder ${dataDir} is in use (${reason}). Stop the other headrace that uses it, or set HEADRACE_DATA_DIR to another folder.`
        : `the data folder ${dataDir} cannot be locked (lock.db: ${reason}). Remove that file, which holds nothing, or set HEADRACE_DATA_DIR to another folder.`,
    );
  }
  return async () => database.close();
}

function openIn(dataDir: string): DatabaseSync {
  try {
    mkdirSync(dataDir, { recursive: true });
    return new DatabaseSync(join(dataDir, 'lock.db'), { timeout: 0 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `the data folder ${dataDir} cannot be used (${reason}). Set HEADRACE_DATA_DIR to a folder that you may write.`,
    );
  }
}
