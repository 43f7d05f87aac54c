import { ValidationException } from '../protocol/errors.ts';

export interface EventQuery {
  follow: boolean;
}

/** @throws ValidationException that names what is wrong with the query */
export function parseEventQuery(given: Record<string, string>): EventQuery {
  const { follow = 'false', ...others } = given;
  const [other] = Object.keys(others);
  if (other !== undefined) {
    throw new ValidationException(`Events have no member ${other}. They take follow.`);
  }
  return { follow: parseFollow(follow) };
}

/** @throws ValidationException */
export function parseFollow(given: string): boolean {
  if (given === 'true' || given === 'false') return given === 'true';
  throw new ValidationException(`follow is "${given}"; it must be true or false.`);
}
