import type { Table, Versioned } from '../aws/table.ts';
import { ConflictException } from '../protocol/errors.ts';

const TRIES = 3;

/**
 * Removes what `find` finds, again when another request (a tag, say) changed it in between.
 * @throws what `find` throws, or ConflictException when the record keeps changing
 */
export async function removeRecord<T extends Versioned>(
  table: Table,
  find: () => Promise<T>,
): Promise<void> {
  for (let tried = 0; tried < TRIES; tried++) {
    if (await table.remove(await find())) return;
  }
  throw new ConflictException('Other requests change the same resource. Try again.');
}

/** Writes `change` of what `find` finds, under the same rules as `removeRecord`. */
export async function changeRecord<T extends Versioned>(
  table: Table,
  find: () => Promise<T>,
  change: (record: T) => T,
): Promise<T> {
  for (let tried = 0; tried < TRIES; tried++) {
    const record = await find();
    const next = change(record);
    if (await table.replace<T>(record, next)) return next;
  }
  throw new ConflictException('Other requests change the same resource. Try again.');
}
