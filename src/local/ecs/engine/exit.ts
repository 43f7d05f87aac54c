import type { ContainerExit } from '../runtime.ts';

/** As far as it tells how a container ended: `State` of the engine's inspection. */
export interface EndState {
  readonly ExitCode: number;
  readonly OOMKilled: boolean;
  readonly Error?: string;
}

/** The exit in ECS's words. */
export function exitOf(state: EndState): ContainerExit {
  const { ExitCode: exitCode } = state;
  if (state.OOMKilled && exitCode !== 0) {
    return { exitCode, reason: 'OutOfMemoryError: Container killed due to memory usage' };
  }
  return state.Error
    ? { exitCode, reason: `CannotStartContainerError: ${state.Error}` }
    : { exitCode };
}

/** The engine cannot say how it ended; nothing of it is known to run. */
export function lostExit(words: string): ContainerExit {
  return { exitCode: 137, reason: `CannotInspectContainerError: ${words}` };
}
