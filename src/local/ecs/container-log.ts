import type { Clock } from '../../aws/clock.ts';
import type { LogStore, LogWriter } from '../logs/index.ts';
import type { ContainerDefinition } from './task-definition.ts';

/**
 * The log of one container. With the awslogs driver it is the stream
 * `<awslogs-stream-prefix>/<container>/<task id>` of `awslogs-group`, which must exist unless
 * `awslogs-create-group` is "true": on AWS a task with a missing group does not start either.
 * Without a log configuration, `ecs/<container>/<task id>` of `/ecs/<family>`.
 */
export function openContainerLog(
  logs: LogStore,
  clock: Clock,
  options: { container: ContainerDefinition; family: string; taskId: string },
): LogWriter {
  const { container, family, taskId } = options;
  const configured =
    container.logConfiguration?.logDriver === 'awslogs'
      ? container.logConfiguration.options
      : undefined;
  const group = configured?.['awslogs-group'] ?? `/ecs/${family}`;
  const prefix = configured?.['awslogs-stream-prefix'] ?? 'ecs';
  const create = configured === undefined || configured['awslogs-create-group'] === 'true';
  try {
    if (create && logs.group(group) === undefined) {
      logs.putGroup({ name: group, creationTime: clock.now() });
    }
    return logs.openWriter(group, `${prefix}/${container.name}/${taskId}`);
  } catch (cause) {
    throw new Error(
      `CannotStartContainerError: failed to create the log stream of ${container.name} in log group ${group}: ${(cause as Error).message} Create the group first, or set awslogs-create-group to "true".`,
      { cause },
    );
  }
}
