import type { RouterConfig } from './config.ts';
import type { StageFailure } from './stage-failure.ts';

/** The JSON body of a ModelError (reference: the data plane's errors). */
export interface ModelError {
  readonly ErrorCode: 'CLIENT_ERROR_FROM_MODEL' | 'SERVER_ERROR_FROM_MODEL';
  readonly LogStreamArn: string;
  /** At most 2,048 characters, and always with the sentence that says where the logs are. */
  readonly Message: string;
  readonly OriginalMessage: string;
  readonly OriginalStatusCode: number;
}

/** Who failed, and whom its answer was for: undefined when it was for the caller. */
export interface FailedHop {
  readonly stage: string;
  readonly next: string | undefined;
  readonly failure: StageFailure;
}

type LogPlace = Pick<RouterConfig, 'partition' | 'region' | 'account' | 'logGroup' | 'logUrl'>;

const MAX_CHARACTERS = 2_048;
const BYTES_PER_MB = 1_048_576;

export function modelError(hop: FailedHop, maxBodyBytes: number, logs: LogPlace): ModelError {
  const { status, original, before, quoted, after } = texts(hop, maxBodyBytes);
  const see = `${after} See ${logs.logUrl} in account ${logs.account} for more information.`;
  const room = MAX_CHARACTERS - before.length - see.length;
  return {
    ErrorCode: isClientError(status) ? 'CLIENT_ERROR_FROM_MODEL' : 'SERVER_ERROR_FROM_MODEL',
    LogStreamArn: `arn:${logs.partition}:logs:${logs.region}:${logs.account}:log-group:${logs.logGroup}`,
    Message: before + cut(quoted, room) + see,
    OriginalMessage: cut(original, MAX_CHARACTERS),
    OriginalStatusCode: status,
  };
}

interface Texts {
  readonly status: number;
  readonly original: string;
  /** The message is `before`, `quoted`, `after`; only `quoted` may be shortened. */
  readonly before: string;
  readonly quoted: string;
  readonly after: string;
}

function texts({ stage, next, failure }: FailedHop, maxBodyBytes: number): Texts {
  switch (failure.kind) {
    case 'answered':
      return quoting(stage, failure.status, failure.message);
    case 'broken-off':
      return notLoaded(stage, failure.status);
    case 'too-large':
      return next === undefined
        ? notLoaded(stage, failure.status)
        : plain(
            failure.status,
            `Received response from ${stage} with status code ${failure.status}. However, the request payload from ${stage} to ${next} is ${failure.exact ? '' : 'more than '}${failure.bytes} bytes, which has exceeded the maximum limit of ${megabytes(maxBodyBytes)} MB.`,
          );
    case 'timed-out':
      return quoting(
        stage,
        0,
        `Your invocation timed out while waiting for a response from container ${stage}. Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again.`,
      );
    case 'refused':
      return unanswered(stage, 'refused the connection');
    case 'not-accepted':
      return unanswered(stage, 'did not accept the connection');
    case 'not-http':
      return unanswered(stage, 'sent an answer that is not valid HTTP');
    case 'closed':
    case 'caller-left':
      return unanswered(stage, 'closed the connection before it answered');
  }
}

function quoting(stage: string, status: number, message: string): Texts {
  return {
    status,
    original: message,
    before: `Received ${side(status)} error (${status}) from ${stage} with message "`,
    quoted: message,
    after: '".',
  };
}

function unanswered(stage: string, what: string): Texts {
  return quoting(
    stage,
    0,
    `Your invocation failed because container ${stage} ${what}. Look in its logs for a crash or an exhausted worker pool, resolve the issue, and try again.`,
  );
}

/** A 2xx answer that could not be read counts as the stage's 500. */
function notLoaded(stage: string, status: number): Texts {
  const code = status < 300 ? 500 : status;
  return plain(
    code,
    `Received ${side(code)} error (${code}) from ${stage} and could not load the entire response body.`,
  );
}

function plain(status: number, message: string): Texts {
  return { status, original: message, before: message, quoted: '', after: '' };
}

function side(status: number): 'client' | 'server' {
  return isClientError(status) ? 'client' : 'server';
}

function isClientError(status: number): boolean {
  return status >= 400 && status < 500;
}

function megabytes(bytes: number): string {
  return String(Number((bytes / BYTES_PER_MB).toPrecision(4)));
}

function cut(text: string, room: number): string {
  if (text.length <= room) return text;
  // The last unit kept must not be half of a surrogate pair.
  return `${text.slice(0, Math.max(0, room - 1)).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
