import type { Ecs } from './ecs.ts';

const LIFE_MS = 6 * 3_600_000;

/**
 * What ECS's credentials endpoint answers for a task that has a role, in its shape. The values mean
 * nothing: the stand-ins take any credentials. `undefined` for a task that does not run or has no role.
 */
export function taskCredentials(ecs: Ecs, taskId: string): unknown {
  const task = ecs.state.tasks.get(taskId);
  if (task === undefined || task.lastStatus === 'STOPPED') return undefined;
  const definition = ecs.state.taskDefinitions.get(task.taskDefinitionArn);
  const roleArn = task.overrides.taskRoleArn ?? definition?.taskRoleArn;
  if (roleArn === undefined) return undefined;
  return {
    RoleArn: roleArn,
    AccessKeyId: 'ASIALOCALTASK0000000',
    SecretAccessKey: 'local-task-secret-access-key',
    Token: 'local-task-session-token',
    Expiration: new Date(ecs.options.clock.now() + LIFE_MS).toISOString(),
  };
}
