import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from './settings.ts';

/**
 * Keeps a second stack out of the data folder. The lock is the operating system's, so it goes with the
 * process, however that ends. @throws StartError when another one has it, or it cannot be locked
 */
export function lockFolder(dataDir: string): () => Promise<void> {
  const database = new DatabaseSync(join(dataDir, 'lock.db'), { timeout: 0 });
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
