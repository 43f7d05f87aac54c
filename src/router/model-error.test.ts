import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelError } from './model-error.ts';
import { describeFailure, type StageFailure } from './stage-failure.ts';

const logs = {
  partition: 'aws-cn',
  region: 'cn-north-1',
  account: '123456789012',
  logGroup: '/headrace/Endpoints/abalone',
  logUrl: 'https://logs.example/abalone',
};
const SEE = 'See https://logs.example/abalone in account 123456789012 for more information.';
const of = (failure: StageFailure, next?: string) =>
  modelError({ stage: 'primary', next, failure }, 6_291_456, logs);

describe('a ModelError', () => {
  it('names the log group, in the partition of its region', () => {
    const error = of({ kind: 'refused' });

    expect(error.LogStreamArn).toBe(
      'arn:aws-cn:logs:cn-north-1:123456789012:log-group:/headrace/Endpoints/abalone',
    );
  });

  it('fits its bounds and keeps the sentence about the logs, whatever a stage says', () => {
    const message = fc.string({ unit: 'grapheme', maxLength: 6000, size: 'max' });
    fc.assert(
      fc.property(message, fc.integer({ min: 300, max: 599 }), (text, status) => {
        const error = of({ kind: 'answered', status, message: text });

        expect(error.Message.length).toBeLessThanOrEqual(2048);
        expect(error.Message.endsWith(`". ${SEE}`)).toBe(true);
        expect(error.OriginalMessage.length).toBeLessThanOrEqual(2048);
        expect(error.Message.isWellFormed()).toBe(text.isWellFormed());
      }),
      { numRuns: 50 },
    );
  });

  it('does not cut a character in two', () => {
    const error = of({ kind: 'answered', status: 500, message: '😀'.repeat(2000) });

    expect(error.OriginalMessage.isWellFormed()).toBe(true);
    expect(error.Message.isWellFormed()).toBe(true);
  });

  it('says how large an output was, and what the limit is', () => {
    const failure = { kind: 'too-large', status: 200, bytes: 7_000_000, exact: true } as const;

    expect(of(failure, 'second').Message).toBe(
      `Received response from primary with status code 200. However, the request payload from primary to second is 7000000 bytes, which has exceeded the maximum limit of 6 MB. ${SEE}`,
    );
    expect(of(failure).Message).toBe(
      `Received server error (500) from primary and could not load the entire response body. ${SEE}`,
    );
  });

  it.each<[StageFailure['kind'], StageFailure, string]>([
    ['refused', { kind: 'refused' }, 'refused the connection'],
    ['not-accepted', { kind: 'not-accepted' }, 'did not accept the connection'],
    ['closed', { kind: 'closed' }, 'closed the connection before it answered'],
    ['not-http', { kind: 'not-http' }, 'sent an answer that is not valid HTTP'],
  ])('says what happened and what to do when there is no answer (%s)', (_, failure, what) => {
    const error = of(failure);

    expect(error.OriginalStatusCode).toBe(0);
    expect(error.ErrorCode).toBe('SERVER_ERROR_FROM_MODEL');
    expect(error.Message).toBe(
      `Received server error (0) from primary with message "Your invocation failed because container primary ${what}. Look in its logs for a crash or an exhausted worker pool, resolve the issue, and try again.". ${SEE}`,
    );
  });
});

describe('a failure in the log', () => {
  it('never holds what a stage wrote', () => {
    const failure: StageFailure = { kind: 'answered', status: 500, message: 'secret' };

    expect(describeFailure(failure)).toBe('answered 500');
  });
});
