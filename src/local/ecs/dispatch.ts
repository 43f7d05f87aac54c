import { AwsError, LOGS_TARGET, type LogsContext, logsOperations } from '../logs/index.ts';
import type { Ecs } from './ecs.ts';
import type { Answer } from './http-server.ts';
import { ECS_TARGET, ecsOperations } from './operations.ts';

/**
 * Runs the operation that an X-Amz-Target names, through the faults that are switched on.
 * Rejects with AwsError, UnknownOperationException for one we do not have.
 */
export async function dispatch(
  ecs: Ecs,
  logs: LogsContext,
  target: string,
  input: unknown,
): Promise<Answer> {
  const run = find(ecs, logs, target);
  const operation = target.slice(target.indexOf('.') + 1);
  const { faults } = ecs.options;
  if ((await faults.intercept?.(operation, 'before')) === 'drop') return 'drop';
  faults.checkThrottle(operation);
  ecs.forgetOld();
  const body = await run(input);
  return (await faults.intercept?.(operation, 'after')) === 'drop' ? 'drop' : { body };
}

function find(ecs: Ecs, logs: LogsContext, target: string): (input: unknown) => unknown {
  const [service, operation = ''] = target.split('.');
  if (service === ECS_TARGET && Object.hasOwn(ecsOperations, operation)) {
    return (input) => ecsOperations[operation]?.(ecs, input);
  }
  if (service === LOGS_TARGET && Object.hasOwn(logsOperations, operation)) {
    return (input) => logsOperations[operation]?.(logs, input);
  }
  throw new AwsError(
    'UnknownOperationException',
    `The stand-in does not have the operation ${target}.`,
  );
}
