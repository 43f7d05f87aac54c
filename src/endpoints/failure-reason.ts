import { logStreamOf } from '../fleet/fleet-name.ts';
import { roleHint } from '../fleet/role-hint.ts';
import type { StageFailure } from '../fleet/stage-failures.ts';
import type { FleetFailure } from './fleet-failure.ts';

/** A FleetFailure with what the logs told. */
export interface Diagnosis {
  failure: FleetFailure;
  stages: StageFailure[];
  /** The last lines that the failed stages wrote. */
  output: { container: string; lines: string[] }[];
}

/** Reference section 2.1. */
export const LONGEST_REASON = 1024;
/** What the stages have to share for what they did; every one of them is to be named. */
const ROOM_FOR_STORIES = 600;
const SHORTEST_STORY = 40;
const SEE_LOGS = 'Please check CloudWatch logs for this endpoint.';

/**
 * FailureReason: SageMaker's sentence (reference section 2.6), then what it never says: what each
 * stage did, where its log is, and how it ended. At most 1024 characters; the output is cut first.
 */
export function failureReason(logGroup: string, diagnoses: Diagnosis[]): string {
  const failed = diagnoses.reduce((sum, { stages }) => sum + stages.length, 0);
  const room = Math.max(SHORTEST_STORY, Math.floor(ROOM_FOR_STORIES / Math.max(1, failed)));
  const sentences = diagnoses.map((diagnosis) => explain(logGroup, diagnosis, room)).join(' ');
  const output = diagnoses.flatMap((diagnosis) => diagnosis.output);
  return quoteOutput(sentences, output);
}

/** `sentences` with as much of the last output of failed containers as fits behind them. */
export function quoteOutput(sentences: string, output: Diagnosis['output']): string {
  const quotes = output.filter(({ lines }) => lines.length > 0);
  let reason = cut(sentences);
  quotes.forEach(({ container, lines }, position) => {
    const share = Math.floor((LONGEST_REASON - reason.length) / (quotes.length - position));
    reason += lastLines(container, lines, share);
  });
  return reason;
}

function explain(logGroup: string, { failure, stages }: Diagnosis, room: number): string {
  const { variant, cause, task } = failure;
  const where = `production variant ${variant.name}`;
  if (cause === 'no-capacity') {
    return (
      'Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. ' +
      'Please retry using a different ML instance type or after some time. ' +
      `(${where} wants ${variant.instanceCount} x ${variant.instanceType}, not placed within ${variant.provisionTimeoutSeconds} s.)`
    );
  }
  if (cause === 'not-started') {
    return `The task of ${where} did not start: its images and model data were not in place within ${variant.downloadTimeoutSeconds} s (ModelDataDownloadTimeoutInSeconds) and ten minutes. Use smaller images, or raise the limit.`;
  }
  if (stages.length === 0) {
    const why = task?.stoppedReason ?? 'for a reason that ECS does not tell';
    return `A task of ${where} stopped: ${why}.${roleHint(why)} ${SEE_LOGS}`;
  }
  const names = stages.map(({ container }) => calledInFull(container, variant)).join(', ');
  const what = stages.map((stage) => `${stage.container}: ${story(stage.what, room)}`).join('; ');
  if (stages.some(({ isLoading }) => isLoading)) {
    return `The model data of ${names} for ${where} could not be loaded. ${what}.`;
  }
  if (task?.stopCode === 'TaskFailedToStart') {
    return `The ${names} for ${where} could not be started. ${what}.`;
  }
  const streams = stages.map(({ container }) =>
    logStreamOf(variant.name, container, task?.id ?? ''),
  );
  return (
    `The ${names} for ${where} did not pass the ping health check. ${SEE_LOGS} ` +
    `${what}. Log group ${logGroup}, stream ${streams.join(', ')}.`
  );
}

/** SageMaker says "the primary container", and of those of a pipeline just their names. */
function calledInFull(container: string, { model }: FleetFailure['variant']): string {
  return model.isPrimary && container === 'primary' ? 'primary container' : container;
}

/** As many of the last lines as fit into `room` characters. */
function lastLines(container: string, lines: string[], room: number): string {
  const head = ` Last output of ${container}: `;
  const text = lines.join(' | ');
  const fits = room - head.length;
  if (fits < 20) return '';
  return head + (text.length <= fits ? text : `…${text.slice(text.length - fits + 1)}`);
}

/** Short enough to leave room for the others, and without the full stop that follows. */
function story(text: string, room: number): string {
  return cut(text, room).replace(/\.$/, '');
}

export function cut(text: string, longest = LONGEST_REASON): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}
