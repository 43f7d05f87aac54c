import { randomBytes } from 'node:crypto';

/** 12 characters of [0-9a-f]: unique enough to tell one generation of a name from another. */
export function randomId(): string {
  return randomBytes(6).toString('hex');
}
