import { findModel } from '../models/model-record.ts';
import {
  ConflictException,
  ResourceLimitExceeded,
  ValidationException,
} from '../protocol/errors.ts';
import { operation } from '../protocol/operation.ts';
import { keyOf, newRecord } from '../records/named-record.ts';
import { checkJob } from '../transforms/job-rules.ts';
import { feeds, loopThrough } from './feeds.ts';
import { allTriggers, flowOf, type TransformTriggerRecord } from './trigger-record.ts';
import { transformTriggerShape } from './trigger-shape.ts';

/** Every event is held against every trigger. */
const MOST_TRIGGERS = 100;

/** Makes a trigger, or puts it in the place of the one of this name. Ours, not SageMaker's. */
export const putTransformTrigger = operation(
  'PutTransformTrigger',
  transformTriggerShape,
  async (given, { config, table, clock, newId }) => {
    const { TransformTriggerName: name, TransformJob: template } = given;
    const { definition } = await findModel(table, config, template.ModelName);
    checkJob(template, definition, config);
    const record = {
      ...newRecord('transform-trigger', name, clock.now(), newId(), {}),
      bucket: given.Bucket,
      prefix: given.Prefix ?? '',
      suffix: given.Suffix ?? '',
      template,
    };
    const others = (await allTriggers(table)).filter((one) => one.name !== name);
    checkLoops(record, others);
    if (others.length >= MOST_TRIGGERS) {
      throw new ResourceLimitExceeded(
        `There are ${MOST_TRIGGERS} transform triggers; no more are kept. Delete one first.`,
      );
    }
    const found = await table.get<TransformTriggerRecord>(keyOf('transform-trigger', name));
    const isWritten =
      found === undefined
        ? await table.create<TransformTriggerRecord>(record)
        : await table.replace<TransformTriggerRecord>(found, {
            ...record,
            created: found.created,
            creationTime: found.creationTime,
          });
    if (!isWritten) {
      throw new ConflictException('Another request changes the same trigger. Try again.');
    }
    return { TransformTriggerName: name };
  },
);

function checkLoops(
  record: Omit<TransformTriggerRecord, 'revision' | 'written'>,
  others: TransformTriggerRecord[],
): void {
  const flow = flowOf(record);
  const { bucket, prefix } = flow.output;
  if (feeds(flow, flow)) {
    throw new ValidationException(
      `The outputs of this trigger, s3://${bucket}/${prefix}….out, are objects that it takes itself. Put them elsewhere, or set a Suffix such as ".csv".`,
    );
  }
  const loop = loopThrough(flow, others.map(flowOf));
  if (loop === undefined) return;
  throw new ValidationException(
    `The outputs of this trigger come back to it by way of ${loop.slice(1).join(', ')}. Put them elsewhere, or set a Suffix such as ".csv".`,
  );
}
