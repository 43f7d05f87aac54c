import type { ResourceKind } from '../aws/arn.ts';
import type { Key, Unwritten, Versioned } from '../aws/table.ts';

/** The nouns: SageMaker's, which have ARNs, and triggers, which are ours. */
export type Noun = ResourceKind | 'transform-trigger';

/** What all nouns have in common: a name that lists find, and tags. Times are epoch ms. */
export interface NamedRecord extends Versioned {
  kind: Noun;
  name: string;
  /** Sorts by time of creation, then by name. */
  created: string;
  creationTime: number;
  tags: Record<string, string>;
}

export function keyOf(kind: Noun, name: string): Key {
  return { pk: `${kind}/${name}`, sk: kind };
}

/** The common part of a new record. */
export function newRecord<K extends Noun>(
  kind: K,
  name: string,
  now: number,
  incarnation: string,
  tags: Record<string, string>,
): Unwritten<NamedRecord> & { kind: K } {
  const created = creationSortKey(now, name);
  return { ...keyOf(kind, name), incarnation, kind, name, created, creationTime: now, tags };
}

/** Epoch milliseconds keep 13 digits until the year 2286. */
export const LATEST = 9_999_999_999_999;

export function creationSortKey(epochMs: number, name = ''): string {
  const time = Math.min(LATEST, Math.max(0, epochMs));
  return `${String(time).padStart(13, '0')}#${name}`;
}

/** SageMaker's timestamps: epoch seconds with milliseconds as the fraction. */
export function seconds(epochMs: number): number {
  return epochMs / 1000;
}
