import type { LoadFailure } from '../loader/load-report.ts';
import type { HealthReport } from '../router/health-report.ts';
import { LOADER_CONTAINER, ROUTER_CONTAINER } from './fleet-name.ts';
import type { ObservedContainer, ObservedTask } from './observed-fleet.ts';

/** One stage that failed, and what it did: `exited with code 3 after 2 s`. */
export interface StageFailure {
  /** A stage's name, or the name of a container of ours. */
  container: string;
  what: string;
  /** Before it ran at all, its model data could not be put in place. */
  isLoading: boolean;
}

/** What the logs of the task add to what ECS shows. */
export interface TaskLogs {
  report: HealthReport | undefined;
  loadFailures: LoadFailure[];
}

/** 128 + SIGKILL and 128 + SIGTERM: how ECS ends the others when one container dies. */
const ENDED_BY_ECS = [137, 143];
const OUT_OF_MEMORY = /OutOfMemory/i;

/** Every stage of `task` that failed. Pure; [] when neither ECS nor the logs blame one. */
export function stageFailures(
  task: ObservedTask,
  { report, loadFailures }: TaskLogs,
): StageFailure[] {
  if (loadFailures.length > 0) {
    return loadFailures.map(({ stage, message }) => ({
      container: stage,
      what: message,
      isLoading: true,
    }));
  }
  const blamed = task.containers.flatMap((container) => {
    const what = ownFault(container, task);
    return what === undefined ? [] : [{ container: container.name, what, isLoading: false }];
  });
  const stages = blamed.filter(({ container }) => container !== ROUTER_CONTAINER);
  const sick = unhealthyStages(task, report).filter(({ container }) =>
    stages.every((failure) => failure.container !== container),
  );
  // Beside one that died, a stage that only had no time to start yet is not to blame.
  if (stages.length > 0)
    return [...stages, ...sick.filter(({ hasAnswered }) => hasAnswered)].map(bare);
  if (sick.length > 0) return sick.map(bare);
  return blamed;
}

function bare({ container, what, isLoading }: StageFailure): StageFailure {
  return { container, what, isLoading };
}

function ownFault({ exitCode, reason }: ObservedContainer, task: ObservedTask): string | undefined {
  if (reason !== undefined && reason !== '') {
    const hint = OUT_OF_MEMORY.test(reason) ? '; choose a larger InstanceType' : '';
    return `${reason}${hint}`;
  }
  if (exitCode === undefined || exitCode === 0 || ENDED_BY_ECS.includes(exitCode)) return undefined;
  return `exited with code ${exitCode}${after(task)}`;
}

function after({ startedAt, stoppedAt }: ObservedTask): string {
  if (startedAt === undefined || stoppedAt === undefined) return ' at its start';
  return ` after ${Math.round((stoppedAt - startedAt) / 1000)} s`;
}

interface SickStage extends StageFailure {
  hasAnswered: boolean;
}

function unhealthyStages(task: ObservedTask, report: HealthReport | undefined): SickStage[] {
  const unhealthy = report?.stages.filter(({ state }) => state !== 'healthy') ?? [];
  return unhealthy.map(({ name, reason, seconds }) => {
    const exitCode = task.containers.find((container) => container.name === name)?.exitCode;
    const isSilent = /listen|refused/i.test(reason);
    // A script that runs to its end says 0; the pings at the stop say whether it was gone by then.
    if (exitCode === 0 && isSilent) {
      return {
        container: name,
        what: `exited with code 0${after(task)}`,
        isLoading: false,
        hasAnswered: true,
      };
    }
    const lasted = `for ${Math.round(seconds)} s`;
    return {
      container: name,
      what: `${reason} ${lasted}`,
      isLoading: false,
      hasAnswered: !isSilent,
    };
  });
}

/** The containers whose output says more about the failures, those of ours left out. */
export function containersToQuote(failures: StageFailure[]): string[] {
  return failures
    .map(({ container }) => container)
    .filter((container) => container !== LOADER_CONTAINER && container !== ROUTER_CONTAINER);
}
