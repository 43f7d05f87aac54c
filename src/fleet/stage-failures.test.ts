import { describe, expect, it } from 'vitest';
import type { HealthReport } from '../router/health-report.ts';
import type { ObservedContainer, ObservedTask } from './observed-fleet.ts';
import { containersToQuote, stageFailures, type TaskLogs } from './stage-failures.ts';

type Exit = Partial<Omit<ObservedContainer, 'name'>>;

function task(containers: Record<string, Exit>, more: Partial<ObservedTask> = {}): ObservedTask {
  return {
    id: 't',
    phase: 'stopped',
    health: 'UNKNOWN',
    address: undefined,
    createdAt: 0,
    startedAt: 10_000,
    stoppedAt: 12_400,
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    containers: Object.entries(containers).map(([name, exit]) => ({
      name,
      exitCode: undefined,
      reason: undefined,
      ...exit,
    })),
    ...more,
  };
}

type Stage = [name: string, state: HealthReport['stages'][number]['state'], reason: string];

function logs(...stages: Stage[]): TaskLogs {
  const report: HealthReport = {
    event: 'health',
    time: '2026-11-22T12:00:00.000Z',
    final: true,
    stages: stages.map(([name, state, reason]) => ({ name, state, reason, seconds: 480.4 })),
  };
  return { report, loadFailures: [] };
}

/** What is told of each stage, without what only the sentence around it needs. */
function blamed(died: ObservedTask, taskLogs: TaskLogs) {
  return stageFailures(died, taskLogs).map(({ container, what }) => ({ container, what }));
}

const SILENT: TaskLogs = { report: undefined, loadFailures: [] };

describe('the stage to blame', () => {
  it('is the one that exited, and not those that ECS ended after it', () => {
    const died = task({
      headrace_router: { exitCode: 143 },
      'container-1': { exitCode: 137 },
      'container-2': { exitCode: 3 },
    });

    expect(blamed(died, SILENT)).toEqual([
      { container: 'container-2', what: 'exited with code 3 after 2 s' },
    ]);
  });

  it('is every one that exited', () => {
    const died = task({ 'container-1': { exitCode: 1 }, 'container-2': { exitCode: 2 } });

    expect(blamed(died, SILENT).map(({ container }) => container)).toEqual([
      'container-1',
      'container-2',
    ]);
  });

  it('is told without a time when the task never ran', () => {
    const died = task({ 'container-1': { exitCode: 127 } }, { startedAt: undefined });

    expect(blamed(died, SILENT)).toEqual([
      { container: 'container-1', what: 'exited with code 127 at its start' },
    ]);
  });

  it('has the reason that ECS gives', () => {
    const reason = 'CannotPullContainerError: pull access denied';
    const died = task({ 'container-1': { reason } });

    expect(blamed(died, SILENT)).toEqual([{ container: 'container-1', what: reason }]);
  });

  it('has a way out when its memory ran out, though its code is that of a kill', () => {
    const reason = 'OutOfMemoryError: Container killed due to memory usage';
    const died = task({ 'container-1': { exitCode: 137, reason } });

    expect(blamed(died, SILENT)).toEqual([
      { container: 'container-1', what: `${reason}; choose a larger InstanceType` },
    ]);
  });

  it('is the one whose data could not be loaded, before all others', () => {
    const died = task({ headrace_loader: { exitCode: 1 }, 'container-1': { exitCode: 3 } });
    const loadFailures = [
      { event: 'load-failed' as const, stage: 'container-2', message: 's3://b/m is not there' },
    ];

    expect(blamed(died, { report: undefined, loadFailures })).toEqual([
      { container: 'container-2', what: 's3://b/m is not there' },
    ]);
  });

  it('is known to have failed before it ran when its data could not be loaded', () => {
    const loadFailures = [{ event: 'load-failed' as const, stage: 'a', message: 'gone' }];

    const failures = [
      ...stageFailures(task({}), { report: undefined, loadFailures }),
      ...stageFailures(task({ b: { exitCode: 1 } }), SILENT),
    ];

    expect(failures.map(({ isLoading }) => isLoading)).toEqual([true, false]);
  });

  it('is the loader when its log says nothing', () => {
    const died = task({ headrace_loader: { exitCode: 1 } });

    expect(blamed(died, SILENT)).toEqual([
      { container: 'headrace_loader', what: 'exited with code 1 after 2 s' },
    ]);
  });

  it('is each one that does not pass its ping', () => {
    const sick = task(
      { 'container-1': {}, 'container-2': {}, 'container-3': {} },
      { phase: 'running' },
    );
    const report = logs(
      ['container-1', 'healthy', '/ping answered 200'],
      ['container-2', 'starting', 'never listened on port 24032'],
      ['container-3', 'failing', '/ping answered 500'],
    );

    expect(blamed(sick, report)).toEqual([
      { container: 'container-2', what: 'never listened on port 24032 for 480 s' },
      { container: 'container-3', what: '/ping answered 500 for 480 s' },
    ]);
  });

  it('is not, beside one that died, one that had no time to start', () => {
    const died = task({ 'container-1': { exitCode: 3 }, 'container-2': { exitCode: 137 } });
    const report = logs(
      ['container-1', 'starting', 'never listened on port 24000'],
      ['container-2', 'starting', 'never listened on port 24032'],
    );

    expect(blamed(died, report)).toEqual([
      { container: 'container-1', what: 'exited with code 3 after 2 s' },
    ]);
  });

  it('is, beside one that died, one that answered its ping with an error', () => {
    const died = task({ 'container-1': { exitCode: 3 }, 'container-2': { exitCode: 137 } });
    const report = logs(['container-2', 'starting', '/ping answered 500']);

    expect(blamed(died, report).map(({ container }) => container)).toEqual([
      'container-1',
      'container-2',
    ]);
  });

  it('is one that ran to its end, and was gone when it was pinged', () => {
    const died = task({ 'container-1': { exitCode: 0 }, 'container-2': { exitCode: 143 } });
    const report = logs(
      ['container-1', 'starting', 'never listened on port 24000'],
      ['container-2', 'healthy', '/ping answered 200'],
    );

    expect(blamed(died, report)).toEqual([
      { container: 'container-1', what: 'exited with code 0 after 2 s' },
    ]);
  });

  it('is the router only when nobody else is', () => {
    const died = task({ headrace_router: { exitCode: 1 }, 'container-1': { exitCode: 143 } });
    const sick = logs(['container-1', 'starting', '/ping answered 404']);

    expect(blamed(died, SILENT)).toEqual([
      { container: 'headrace_router', what: 'exited with code 1 after 2 s' },
    ]);
    expect(blamed(died, sick)).toEqual([
      { container: 'container-1', what: '/ping answered 404 for 480 s' },
    ]);
  });

  it('is nobody when nothing tells', () => {
    expect(
      stageFailures(
        task({ 'container-1': { exitCode: 0 }, headrace_loader: { exitCode: 0 } }),
        SILENT,
      ),
    ).toEqual([]);
    expect(blamed(task({}), SILENT)).toEqual([]);
  });
});

it('quotes the output of stages, and not of containers of ours', () => {
  const failures = ['container-1', 'headrace_loader', 'headrace_router', 'second'].map(
    (container) => ({ container, what: 'failed', isLoading: false }),
  );

  expect(containersToQuote(failures)).toEqual(['container-1', 'second']);
});
