import { CLOUDWATCH_TARGET, type CloudWatch, cloudwatchOperations } from '../cloudwatch/index.ts';
import {
  EVENTBRIDGE_TARGET,
  type EventBridgeContext,
  eventBridgeOperations,
} from '../eventbridge/index.ts';
import { AwsError, LOGS_TARGET, type LogsContext, logsOperations } from '../logs/index.ts';
import { SSM_TARGET, type SsmContext, ssmOperations } from '../ssm/index.ts';
import type { Ecs } from './ecs.ts';
import type { Answer } from './http-server.ts';
import { ECS_TARGET, ecsOperations } from './operations.ts';

/** What is served on one port. */
export interface Services {
  readonly ecs: Ecs;
  readonly logs: LogsContext;
  readonly cloudwatch: CloudWatch | undefined;
  readonly ssm: SsmContext | undefined;
  readonly eventBridge: EventBridgeContext | undefined;
}

/**
 * Runs the operation that an X-Amz-Target names, through the faults that are switched on.
 * Rejects with AwsError, UnknownOperationException for one we do not have.
 */
export async function dispatch(
  services: Services,
  target: string,
  input: unknown,
): Promise<Answer> {
  const { ecs } = services;
  const run = find(services, target);
  const operation = target.slice(target.indexOf('.') + 1);
  const { faults } = ecs.options;
  if ((await faults.intercept?.(operation, 'before')) === 'drop') return 'drop';
  faults.checkThrottle(operation);
  ecs.forgetOld();
  const body = await run(input);
  return (await faults.intercept?.(operation, 'after')) === 'drop' ? 'drop' : { body };
}

function find(
  { ecs, logs, cloudwatch, ssm, eventBridge }: Services,
  target: string,
): (input: unknown) => unknown {
  const [service, operation = ''] = target.split('.');
  if (service === ECS_TARGET && Object.hasOwn(ecsOperations, operation)) {
    return (input) => ecsOperations[operation]?.(ecs, input);
  }
  if (service === LOGS_TARGET && Object.hasOwn(logsOperations, operation)) {
    return (input) => logsOperations[operation]?.(logs, input);
  }
  if (
    service === CLOUDWATCH_TARGET &&
    cloudwatch !== undefined &&
    Object.hasOwn(cloudwatchOperations, operation)
  ) {
    return (input) => cloudwatchOperations[operation]?.(cloudwatch, input);
  }
  if (service === SSM_TARGET && ssm !== undefined && Object.hasOwn(ssmOperations, operation)) {
    return (input) => ssmOperations[operation]?.(ssm, input);
  }
  if (
    service === EVENTBRIDGE_TARGET &&
    eventBridge !== undefined &&
    Object.hasOwn(eventBridgeOperations, operation)
  ) {
    return (input) => eventBridgeOperations[operation]?.(eventBridge, input);
  }
  throw new AwsError(
    'UnknownOperationException',
    `The stand-in does not have the operation ${target}.`,
  );
}
