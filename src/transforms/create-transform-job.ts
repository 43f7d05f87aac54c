import { arnOf } from '../aws/arn.ts';
import { parseS3Uri } from '../aws/s3-uri.ts';
import { findModel } from '../models/model-record.ts';
import { ResourceInUse } from '../protocol/errors.ts';
import { operation, type Services } from '../protocol/operation.ts';
import { violations } from '../protocol/validate.ts';
import { newRecord } from '../records/named-record.ts';
import { type Tag, toTagMap } from '../tags/tag-shape.ts';
import { checkJob } from './job-rules.ts';
import {
  createTransformJobRestShape,
  createTransformJobShape,
  type JobRequest,
} from './job-shape.ts';
import { type TransformJobRecord, type TriggeredBy, withStatus } from './transform-job-record.ts';

/** Reference section 2.9. The reconciler does the work; the status tells how far it is. */
export const createTransformJob = operation(
  'CreateTransformJob',
  createTransformJobShape,
  ({ Tags, ...request }, services) => startTransformJob(request, Tags, services),
);

/** The same with the members that are beyond SageMaker. */
export const createTransformJobByRest = operation(
  'CreateTransformJob',
  createTransformJobRestShape,
  ({ Tags, ...request }, services) => startTransformJob(request, Tags, services),
);

/** @throws ResourceInUse when there is, or ever was, a job of this name */
export async function startTransformJob(
  request: JobRequest,
  tags: Tag[] | undefined,
  { config, table, clock, newId, wakeTransformJob }: Services,
  triggeredBy?: TriggeredBy,
) {
  const { definition } = await findModel(table, config, request.ModelName);
  checkInput(request);
  checkJob(request, definition, config);
  const name = request.TransformJobName;
  const now = clock.now();
  const created = await table.create<TransformJobRecord>(
    withStatus(
      {
        ...newRecord('transform-job', name, now, newId(), toTagMap(tags)),
        status: 'InProgress',
        statusAndName: '',
        lastModifiedTime: now,
        generation: newId(),
        request,
        model: definition,
        triggeredBy,
        attempts: [],
      },
      'InProgress',
      now,
    ),
  );
  const TransformJobArn = arnOf(config, 'transform-job', name);
  if (!created) {
    throw new ResourceInUse(
      `Job name must be unique within an AWS account and region, and a job with this name already exists (${TransformJobArn})`,
    );
  }
  await wakeTransformJob(name);
  return { TransformJobArn };
}

function checkInput(request: JobRequest): void {
  if (parseS3Uri(request.TransformInput.DataSource.S3DataSource.S3Uri) !== undefined) return;
  const path = ['TransformInput', 'DataSource', 'S3DataSource', 'S3Uri'];
  throw violations([{ path, constraint: 'Member must be an s3:// URL' }], request);
}
