import { operation } from '../protocol/operation.ts';
import { structure } from '../protocol/shape.ts';
import { removeRecord } from '../records/change-record.ts';
import { findTrigger } from './trigger-record.ts';
import { transformTriggerName } from './trigger-shape.ts';

/** Jobs that it made go on. */
export const deleteTransformTrigger = operation(
  'DeleteTransformTrigger',
  structure({ TransformTriggerName: transformTriggerName }),
  async ({ TransformTriggerName }, { table }) => {
    await removeRecord(table, () => findTrigger(table, TransformTriggerName));
    return undefined;
  },
);
