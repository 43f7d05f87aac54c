import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { taskOf, variantOf } from '../../test/support/endpoints.ts';
import type { StageFailure } from '../fleet/stage-failures.ts';
import { type Diagnosis, failureReason } from './failure-reason.ts';

const failure: Diagnosis['failure'] = {
  variant: variantOf(),
  cause: 'not-healthy',
  task: taskOf(0, { id: 't1' }),
};

const stage = (container: string, what: string, isLoading = false): StageFailure => ({
  container,
  what,
  isLoading,
});

function reasonFor(diagnosis: Partial<Diagnosis>): string {
  return failureReason('/headrace/Endpoints/abalone', [
    { failure, stages: [], output: [], ...diagnosis },
  ]);
}

describe('the reason', () => {
  it("begins with SageMaker's sentence, and goes on with what it never says", () => {
    const reason = reasonFor({
      stages: [stage('container-2', '/ping answered 500 for 480 s')],
      output: [{ container: 'container-2', lines: ['loading', 'KeyError: age'] }],
    });

    expect(reason).toBe(
      'The container-2 for production variant AllTraffic did not pass the ping health check. Please check CloudWatch logs for this endpoint. ' +
        'container-2: /ping answered 500 for 480 s. Log group /headrace/Endpoints/abalone, stream AllTraffic/container-2/t1. ' +
        'Last output of container-2: loading | KeyError: age',
    );
  });

  it('speaks of the primary container of a model that has one alone', () => {
    const model = { ...variantOf().model, isPrimary: true };
    const stages = [stage('primary', '/ping answered 500 for 480 s')];

    const reason = reasonFor({ failure: { ...failure, variant: variantOf({ model }) }, stages });

    expect(reason).toMatch(
      /^The primary container for production variant AllTraffic did not pass the ping health check\. /,
    );
    expect(reason).toContain(' primary: /ping answered 500 for 480 s. ');
  });

  it('names every stage that failed', () => {
    const reason = reasonFor({ stages: [stage('container-1', 'a'), stage('container-2', 'b')] });

    expect(reason).toMatch(
      /^The container-1, container-2 for production variant AllTraffic did not pass/,
    );
    expect(reason).toContain('container-1: a; container-2: b.');
  });

  it('names every variant that failed', () => {
    const other = { ...failure, variant: variantOf({ name: 'Canary' }) };
    const stages = [stage('container-1', 'exited with code 1 after 2 s')];

    const reason = failureReason('/headrace/Endpoints/abalone', [
      { failure, stages, output: [] },
      { failure: other, stages, output: [] },
    ]);

    expect(reason).toContain('for production variant AllTraffic');
    expect(reason).toContain('for production variant Canary');
  });

  it('speaks of model data that could not be loaded', () => {
    const reason = reasonFor({ stages: [stage('predict', 's3://b/m is not there', true)] });

    expect(reason).toMatch(/^The model data of predict for production variant AllTraffic/);
    expect(reason).toContain('s3://b/m is not there');
  });

  it('speaks of a container that could not be started', () => {
    const task = taskOf(0, { stopCode: 'TaskFailedToStart' });
    const stages = [stage('predict', 'CannotPullContainerError: no such image')];

    const reason = reasonFor({ failure: { ...failure, cause: 'stopped', task }, stages });

    expect(reason).toMatch(/^The predict for production variant AllTraffic could not be started/);
    expect(reason).toContain('CannotPullContainerError: no such image');
  });

  it('speaks of capacity, and what to do', () => {
    const reason = reasonFor({ failure: { ...failure, cause: 'no-capacity', task: undefined } });

    expect(reason).toMatch(
      /^Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error\. Please retry using a different ML instance type or after some time\./,
    );
    expect(reason).toContain('production variant AllTraffic wants 1 x ml.c5.large');
    expect(reason).toContain('900 s');
  });

  it('speaks of a task that does not come to start', () => {
    const reason = reasonFor({ failure: { ...failure, cause: 'not-started' } });

    expect(reason).toMatch(/production variant AllTraffic did not start/);
    expect(reason).toContain('900 s');
  });

  it('has the words of ECS when no stage is to blame', () => {
    const task = taskOf(0, { stoppedReason: 'Host EC2 terminated' });

    expect(reasonFor({ failure: { ...failure, cause: 'stopped', task } })).toContain(
      'A task of production variant AllTraffic stopped: Host EC2 terminated.',
    );
  });

  it('keeps the last of a long output', () => {
    const lines = Array.from({ length: 200 }, (_, line) => `line ${line}`);

    const reason = reasonFor({
      stages: [stage('container-1', 'exited with code 1 after 2 s')],
      output: [{ container: 'container-1', lines }],
    });

    expect(reason).toHaveLength(1024);
    expect(reason).toMatch(/Last output of container-1: ….* \| line 199$/);
  });

  it('shares the room among the stages that have something to say', () => {
    const long = Array.from({ length: 100 }, () => 'it went wrong');
    const names = ['container-1', 'container-2'];

    const reason = reasonFor({
      stages: names.map((name) => stage(name, 'failed')),
      output: names.map((container) => ({ container, lines: long })),
    });

    for (const name of names) expect(reason).toContain(`Last output of ${name}: …`);
  });

  it('names every variant, however much there is to say of the first', () => {
    const other = { ...failure, variant: variantOf({ name: 'Canary' }) };
    const long = `s3://bucket/${'k'.repeat(1000)} is not there`;

    const reason = failureReason('/headrace/Endpoints/abalone', [
      { failure, stages: [stage('container-1', long, true)], output: [] },
      { failure: other, stages: [stage('container-2', long, true)], output: [] },
    ]);

    expect(reason).toContain('Canary');
    expect(reason).toContain('container-2');
  });
});

const anyStage = fc.record({
  container: fc.stringMatching(/^[a-z0-9]{1,63}$/),
  what: fc.string({ maxLength: 1500 }),
  isLoading: fc.boolean(),
});

const anyDiagnosis: fc.Arbitrary<Diagnosis> = fc.record({
  failure: fc.record({
    variant: fc.stringMatching(/^[a-z0-9]{1,63}$/).map((name) => variantOf({ name })),
    cause: fc.constantFrom('stopped', 'not-healthy', 'not-started', 'no-capacity' as const),
    task: fc.option(
      fc.string({ maxLength: 1200 }).map((stoppedReason) => taskOf(0, { stoppedReason })),
      { nil: undefined },
    ),
  }),
  stages: fc.array(anyStage, { maxLength: 15 }),
  output: fc.array(
    fc.record({
      container: fc.stringMatching(/^[a-z0-9]{1,63}$/),
      lines: fc.array(fc.string({ maxLength: 300 }), { maxLength: 20 }),
    }),
    { maxLength: 15 },
  ),
}) as fc.Arbitrary<Diagnosis>;

it('is never longer than 1024 characters, and never empty', () => {
  fc.assert(
    fc.property(fc.array(anyDiagnosis, { minLength: 1, maxLength: 10 }), (diagnoses) => {
      const { length } = failureReason(`/${'s'.repeat(32)}/Endpoints/${'e'.repeat(63)}`, diagnoses);

      expect(length).toBeLessThanOrEqual(1024);
      expect(length).toBeGreaterThan(0);
    }),
    { numRuns: 200 },
  );
});
