import { parseS3Uri } from '../aws/s3-uri.ts';
import type { JobTemplate } from './job-shape.ts';

/** The task family of a job. Where an endpoint's family has its name, which is never empty, it has none. */
export function jobFamily(stack: string, { name, generation }: JobName): string {
  return `${jobFamilyPrefix(stack)}${name}_${generation}`;
}

export interface JobName {
  name: string;
  generation: string;
}

/** The start of every job's family. */
export function jobFamilyPrefix(stack: string): string {
  return `${stack}__transform_`;
}

/** undefined when the family is not a job's of this stack. */
export function parseJobFamily(stack: string, family: string): JobName | undefined {
  const prefix = jobFamilyPrefix(stack);
  if (!family.startsWith(prefix)) return undefined;
  const [name, generation, ...rest] = family.slice(prefix.length).split('_');
  if (!name || !generation || rest.length > 0) return undefined;
  return { name, generation };
}

/** One group for all jobs, as in SageMaker; streams are `<job>/<container>/<task id>`. */
export function jobLogGroup(stack: string): string {
  return `/${stack}/TransformJobs`;
}

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
