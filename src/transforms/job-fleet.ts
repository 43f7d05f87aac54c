import type { JobTemplate } from './job-shape.ts';
import { parseS3Uri } from './s3-uri.ts';

const PREFIX = 'headrace-transform';

/** The task family of a job. Names hold no underscore, so the parts stay apart. */
export function jobFamily({ name, generation }: JobName): string {
  return [PREFIX, name, generation].join('_');
}

export interface JobName {
  name: string;
  generation: string;
}

/** The start of every family of `name`'s, or of every job's. */
export function jobFamilyPrefix(name?: string): string {
  return name === undefined ? `${PREFIX}_` : `${PREFIX}_${name}_`;
}

/** undefined when the family is not a job's. */
export function parseJobFamily(family: string): JobName | undefined {
  const [prefix, name, generation, ...rest] = family.split('_');
  if (prefix !== PREFIX || !name || !generation || rest.length > 0) return undefined;
  return { name, generation };
}

/** One group for all jobs, as in SageMaker; streams are `<job>/<container>/<task id>`. */
export const JOB_LOG_GROUP = '/headrace/TransformJobs';

export const BATCH_CONTAINER = 'headrace_batch';

/** Says in ECS which share and which attempt a task is: RunTask's startedBy. */
export function startedBy(share: number, attempt: number): string {
  return `share-${share}-attempt-${attempt}`;
}

export function parseStartedBy(text: string | undefined) {
  const [, share, attempt] = /^share-(\d+)-attempt-(\d+)$/.exec(text ?? '') ?? [];
  if (share === undefined || attempt === undefined) return undefined;
  return { share: Number(share), attempt: Number(attempt) };
}

/** Where the job's outputs go. */
export function outputPlace(request: Pick<JobTemplate, 'TransformOutput'>) {
  const { bucket = '', key = '' } = parseS3Uri(request.TransformOutput.S3OutputPath) ?? {};
  return { bucket, prefix: key };
}
