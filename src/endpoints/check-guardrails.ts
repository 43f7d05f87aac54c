import type { DeployedVariant } from '../fleet/deployed-variant.ts';
import { ValidationException } from '../protocol/errors.ts';
import type { DeploymentConfig } from './deployment-config.ts';

/**
 * What a policy demands of the two fleets (reference section 2.7).
 * @throws ValidationException that says which policy can do it
 */
export function checkGuardrails(
  config: DeploymentConfig | undefined,
  blue: DeployedVariant[],
  green: DeployedVariant[],
): void {
  const routing = config?.BlueGreenUpdatePolicy?.TrafficRoutingConfiguration;
  const rolling = config?.RollingUpdatePolicy;
  const policy = rolling === undefined ? routing?.Type : 'RollingUpdatePolicy';
  if (policy === undefined || policy === 'ALL_AT_ONCE') return;
  const namesOf = (variants: DeployedVariant[]) => variants.map(({ name }) => name).sort();
  const [from, to] = [namesOf(blue), namesOf(green)];
  if (from.join() !== to.join()) {
    throw new ValidationException(
      `${policy} needs the same variants in both endpoint configurations: ${from.join(', ')} are in service, ${to.join(', ')} are to come. Use ALL_AT_ONCE.`,
    );
  }
  if (rolling !== undefined && green.length > 1) {
    throw new ValidationException(
      'RollingUpdatePolicy takes endpoints with one variant only. Use BlueGreenUpdatePolicy.',
    );
  }
  const size = rolling?.MaximumBatchSize ?? routing?.CanarySize ?? routing?.LinearStepSize;
  const tooSmall = green.find(
    ({ instanceCount }) => size?.Type === 'INSTANCE_COUNT' && size.Value * 2 > instanceCount,
  );
  // One instance of one can only be replaced at once; a batch of it is no larger than it must be.
  if (size !== undefined && tooSmall !== undefined && (rolling === undefined || size.Value > 1)) {
    throw new ValidationException(
      `${policy} moves ${size.Value} instance(s) at a time, more than half of the ${tooSmall.instanceCount} of variant ${tooSmall.name}. Use a smaller size, or CAPACITY_PERCENT.`,
    );
  }
}
