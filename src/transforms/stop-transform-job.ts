import { ValidationException } from '../protocol/errors.ts';
import { operation } from '../protocol/operation.ts';
import { structure } from '../protocol/shape.ts';
import { changeRecord } from '../records/change-record.ts';
import { transformJobName } from './job-name.ts';
import { findTransformJob, withStatus } from './transform-job-record.ts';

/** Reference section 2.9: only a job that is InProgress can be stopped. */
export const stopTransformJob = operation(
  'StopTransformJob',
  structure({ TransformJobName: transformJobName }),
  async ({ TransformJobName }, { config, table, clock, wakeTransformJob }) => {
    await changeRecord(
      table,
      () => findTransformJob(table, config, TransformJobName),
      (record) => {
        if (record.status !== 'InProgress') {
          throw new ValidationException(
            `The request was rejected because the transform job is in status ${record.status}.`,
          );
        }
        return withStatus(record, 'Stopping', clock.now());
      },
    );
    await wakeTransformJob(TransformJobName);
    return undefined;
  },
);
