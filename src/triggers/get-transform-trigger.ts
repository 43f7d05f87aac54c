import { operation } from '../protocol/operation.ts';
import { structure } from '../protocol/shape.ts';
import { seconds } from '../records/named-record.ts';
import { findTrigger } from './trigger-record.ts';
import { transformTriggerName } from './trigger-shape.ts';

export const getTransformTrigger = operation(
  'GetTransformTrigger',
  structure({ TransformTriggerName: transformTriggerName }),
  async ({ TransformTriggerName }, { table }) => {
    const record = await findTrigger(table, TransformTriggerName);
    return {
      TransformTriggerName,
      Bucket: record.bucket,
      Prefix: record.prefix,
      Suffix: record.suffix,
      TransformJob: record.template,
      CreationTime: seconds(record.creationTime),
    };
  },
);
