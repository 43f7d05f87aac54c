import { ValidationException } from '../protocol/errors.ts';

/** Reference section 2.6: the answer to every change while another one is under way. */
export function inProgress(arn: string): ValidationException {
  return new ValidationException(`Cannot update in-progress endpoint "${arn}".`);
}
