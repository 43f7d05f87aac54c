import { ValidationException } from '../protocol/errors.ts';
import type { EndpointRecord } from './endpoint-record.ts';

/** Reference section 2.6: the answer to every change while another one is under way. */
export function inProgress(arn: string): ValidationException {
  return new ValidationException(`Cannot update in-progress endpoint "${arn}".`);
}

/** Reference section 2.6. @throws ValidationException unless the endpoint may be changed now */
export function checkInService({ status }: Pick<EndpointRecord, 'status'>, arn: string): void {
  if (status === 'Failed') {
    throw new ValidationException(
      `Cannot update endpoint "${arn}" in status Failed. Delete it and create it anew.`,
    );
  }
  if (status !== 'InService') throw inProgress(arn);
}
