import type { State } from './state.ts';

const HOUR_MS = 3_600_000;
const MOST_STOPPED_TASKS = 1000;
const TOKEN_LIFE_MS = 24 * HOUR_MS;

/**
 * Stopped tasks are shown for an hour and at most 1000 of them, deleted services for an hour, clientTokens
 * count for a day, and a deleted task definition goes when nothing uses it any more.
 */
export function forgetOld(state: State, now: number): void {
  const stopped = state.tasks
    .all()
    .filter(({ lastStatus }) => lastStatus === 'STOPPED')
    .sort((a, b) => (b.stoppedAt ?? 0) - (a.stoppedAt ?? 0));
  for (const [index, { id, stoppedAt }] of stopped.entries()) {
    if (index >= MOST_STOPPED_TASKS || (stoppedAt ?? 0) < now - HOUR_MS) state.tasks.delete(id);
  }
  for (const { inactiveAt, serviceArn, status } of state.services.all()) {
    if (status === 'INACTIVE' && (inactiveAt ?? 0) < now - HOUR_MS) {
      state.services.delete(serviceArn);
    }
  }
  for (const [token, { usedAt }] of [...state.tokens.entries()]) {
    if (usedAt < now - TOKEN_LIFE_MS) state.tokens.delete(token);
  }
  for (const { status, taskDefinitionArn } of state.taskDefinitions.all()) {
    if (status === 'DELETE_IN_PROGRESS' && !isUsed(state, taskDefinitionArn)) {
      state.taskDefinitions.delete(taskDefinitionArn);
    }
  }
}

function isUsed(state: State, taskDefinitionArn: string): boolean {
  return (
    state.services
      .all()
      .some((one) => one.status !== 'INACTIVE' && one.taskDefinition === taskDefinitionArn) ||
    state.tasks
      .all()
      .some((one) => one.lastStatus !== 'STOPPED' && one.taskDefinitionArn === taskDefinitionArn)
  );
}
