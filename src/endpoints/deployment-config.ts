import type * as z from 'zod';
import { list, oneOf, structure, text, unsupported, whole } from '../protocol/shape.ts';
import { type Violation, violations } from '../protocol/validate.ts';

const capacitySize = structure({
  Type: oneOf(['INSTANCE_COUNT', 'CAPACITY_PERCENT']),
  Value: whole({ min: 1 }),
});

const waitInterval = whole({ min: 0, max: 3600 });
const executionTimeout = whole({ min: 600, max: 28_800 }).optional();

/** Reference section 2.7. Times are in seconds. */
export const deploymentConfig = structure({
  BlueGreenUpdatePolicy: structure({
    TrafficRoutingConfiguration: structure({
      Type: oneOf(['ALL_AT_ONCE', 'CANARY', 'LINEAR']),
      WaitIntervalInSeconds: waitInterval,
      CanarySize: capacitySize.optional(),
      LinearStepSize: capacitySize.optional(),
    }),
    TerminationWaitInSeconds: whole({ min: 0, max: 3600 }).optional(),
    MaximumExecutionTimeoutInSeconds: executionTimeout,
  }).optional(),
  RollingUpdatePolicy: structure({
    MaximumBatchSize: capacitySize,
    WaitIntervalInSeconds: waitInterval,
    MaximumExecutionTimeoutInSeconds: executionTimeout,
    RollbackMaximumBatchSize: unsupported(
      'leave it out: a rollback brings the old fleet back whole before the traffic returns to it',
    ),
  }).optional(),
  AutoRollbackConfiguration: structure({
    Alarms: list(structure({ AlarmName: text({ min: 1, max: 255, pattern: '(?!\\s*$).+' }) }), {
      min: 1,
      max: 10,
    }).optional(),
  }).optional(),
});

export type DeploymentConfig = z.infer<typeof deploymentConfig>;
export type CapacitySize = z.infer<typeof capacitySize>;

/** The rules between its members. @throws ValidationException with every violation */
export function checkDeploymentConfig(given: { DeploymentConfig?: DeploymentConfig | undefined }) {
  if (given.DeploymentConfig === undefined) return;
  const found = deploymentConfigViolations(given.DeploymentConfig, ['DeploymentConfig']);
  if (found.length > 0) throw violations(found, given);
}

function deploymentConfigViolations(config: DeploymentConfig, path: PropertyKey[]): Violation[] {
  const found: Violation[] = [];
  const refuse = (members: string[], constraint: string) =>
    found.push({ path: [...path, ...members], constraint });
  const { BlueGreenUpdatePolicy: blueGreen, RollingUpdatePolicy: rolling } = config;
  if (blueGreen !== undefined && rolling !== undefined) {
    refuse(['RollingUpdatePolicy'], 'Member must not be given together with BlueGreenUpdatePolicy');
  }
  if (blueGreen !== undefined) {
    const { Type, CanarySize, LinearStepSize } = blueGreen.TrafficRoutingConfiguration;
    const at = ['BlueGreenUpdatePolicy', 'TrafficRoutingConfiguration'];
    const belongs = (member: string, size: CapacitySize | undefined, isItsType: boolean) => {
      if (isItsType && size === undefined) refuse([...at, member], 'Member must not be null');
      if (!isItsType && size !== undefined) {
        refuse([...at, member], `Member must not be given with Type ${Type}`);
      }
    };
    belongs('CanarySize', CanarySize, Type === 'CANARY');
    belongs('LinearStepSize', LinearStepSize, Type === 'LINEAR');
    if (CanarySize !== undefined)
      found.push(...percentOf(CanarySize, [...path, ...at, 'CanarySize'], 1));
    if (LinearStepSize !== undefined) {
      found.push(...percentOf(LinearStepSize, [...path, ...at, 'LinearStepSize'], 10));
    }
  }
  if (rolling !== undefined) {
    const at = [...path, 'RollingUpdatePolicy', 'MaximumBatchSize'];
    found.push(...percentOf(rolling.MaximumBatchSize, at, 5));
  }
  return found;
}

/** A share of the capacity is at most a half; how small it may be depends on the policy. */
function percentOf({ Type, Value }: CapacitySize, path: PropertyKey[], least: number): Violation[] {
  if (Type !== 'CAPACITY_PERCENT' || (Value >= least && Value <= 50)) return [];
  return [
    {
      path: [...path, 'Value'],
      constraint: `Member must be a percentage from ${least} to 50`,
    },
  ];
}
