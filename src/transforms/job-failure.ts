import type { ShareItem } from '../batch/work-items.ts';
import { cut, quoteOutput } from '../endpoints/failure-reason.ts';
import type { TaskDiagnosis } from '../fleet/diagnose-task.ts';
import { logStreamOf } from '../fleet/fleet-name.ts';
import type { ObservedTask } from '../fleet/observed-fleet.ts';
import { roleHint } from '../fleet/role-hint.ts';
import { BATCH_CONTAINER } from './job-fleet.ts';
import type { TransformJobRecord } from './transform-job-record.ts';

/** Why a job cannot be done, as far as ECS shows it. */
export interface JobFault {
  cause: 'no-capacity' | 'not-started' | 'stopped';
  task: ObservedTask | undefined;
}

/** How long the tasks of a job may wait for a host. */
export const PLACE_MINUTES = 15;

const NAMED = /^(?:Client|Algorithm|Capacity|InternalServer)Error: /;

/** Why a job that came to its end has failed: which objects, and why. undefined: none did. */
export function objectsFailed(shares: ShareItem[]): string | undefined {
  const count = shares.reduce((sum, { objectsFailed }) => sum + objectsFailed, 0);
  if (count === 0) return undefined;
  const [first = 'See the data log.', ...others] = shares.flatMap(({ failures }) => failures);
  if (NAMED.test(first)) return cut(first);
  const objects = count === 1 ? '1 object' : `${count} objects`;
  return cut(
    `AlgorithmError: ${objects} could not be transformed; the others are done. ${[first, ...others].join(' | ')}`,
  );
}

/** Why a job could not come to its end (reference section 2.9), and what its stages did. */
export function faultReason(
  { name, request }: TransformJobRecord,
  { cause, task }: JobFault,
  { stages, output }: TaskDiagnosis,
  logGroup: string,
): string {
  const { InstanceCount, InstanceType } = request.TransformResources;
  if (cause === 'no-capacity') {
    return `CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type. (${InstanceCount} x ${InstanceType}, not placed within ${PLACE_MINUTES} minutes.)`;
  }
  if (cause === 'not-started') {
    return 'ClientError: The task did not start: its images and model data were not in place in time.';
  }
  const what = stages.map((stage) => `${stage.container}: ${stage.what}`).join('; ');
  if (stages.length === 0) {
    const why = task?.stoppedReason ?? 'for a reason that ECS does not tell';
    return cut(`InternalServerError: A task of the job stopped: ${why}.${roleHint(why)}`);
  }
  if (stages.some(({ isLoading }) => isLoading)) {
    return cut(`ClientError: The model data could not be loaded. ${what}.`);
  }
  const streams = stages.map(({ container }) => logStreamOf(name, container, task?.id ?? ''));
  const isOurs = stages.every(({ container }) => container === BATCH_CONTAINER);
  const sentence =
    `${isOurs ? 'InternalServerError' : 'AlgorithmError'}: ${what}. ` +
    `Log group ${logGroup}, stream ${streams.join(', ')}.`;
  return quoteOutput(sentence, output);
}
