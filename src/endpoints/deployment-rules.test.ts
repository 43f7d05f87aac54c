import { describe, expect, it } from 'vitest';
import { variantOf } from '../../test/support/endpoints.ts';
import { checkGuardrails } from './check-guardrails.ts';
import {
  type CapacitySize,
  checkDeploymentConfig,
  type DeploymentConfig,
} from './deployment-config.ts';

const percent = (Value: number): CapacitySize => ({ Type: 'CAPACITY_PERCENT', Value });
const instances = (Value: number): CapacitySize => ({ Type: 'INSTANCE_COUNT', Value });

type Routing = NonNullable<
  DeploymentConfig['BlueGreenUpdatePolicy']
>['TrafficRoutingConfiguration'];

const blueGreen = (routing: Omit<Routing, 'WaitIntervalInSeconds'>): DeploymentConfig => ({
  BlueGreenUpdatePolicy: {
    TrafficRoutingConfiguration: { ...routing, WaitIntervalInSeconds: 60 },
  },
});
const canary = (CanarySize: CapacitySize) => blueGreen({ Type: 'CANARY', CanarySize });
const linear = (LinearStepSize: CapacitySize) => blueGreen({ Type: 'LINEAR', LinearStepSize });
const rolling = (MaximumBatchSize: CapacitySize): DeploymentConfig => ({
  RollingUpdatePolicy: { MaximumBatchSize, WaitIntervalInSeconds: 60 },
});

const ALL_AT_ONCE = blueGreen({ Type: 'ALL_AT_ONCE' });

describe('a deployment policy', () => {
  const check = (DeploymentConfig: DeploymentConfig) => () =>
    checkDeploymentConfig({ DeploymentConfig });

  it.each([
    ['nothing at all', {}],
    ['all at once', ALL_AT_ONCE],
    ['a canary of 1 %', canary(percent(1))],
    ['a canary of half', canary(percent(50))],
    ['a canary of instances', canary(instances(51))],
    ['steps of 10 %', linear(percent(10))],
    ['steps of half', linear(percent(50))],
    ['batches of 5 %', rolling(percent(5))],
    ['batches of half', rolling(percent(50))],
  ])('may have %s', (_, config) => {
    expect(check(config)).not.toThrow();
  });

  const ROUTING = 'deploymentConfig.blueGreenUpdatePolicy.trafficRoutingConfiguration';
  const BATCH = 'deploymentConfig.rollingUpdatePolicy.maximumBatchSize.value';

  it.each([
    [
      'both kinds',
      { ...ALL_AT_ONCE, ...rolling(percent(5)) },
      'deploymentConfig.rollingUpdatePolicy',
      'Member must not be given together with BlueGreenUpdatePolicy',
    ],
    [
      'a canary without a size',
      blueGreen({ Type: 'CANARY' }),
      `${ROUTING}.canarySize`,
      'Member must not be null',
    ],
    [
      'steps without a size',
      blueGreen({ Type: 'LINEAR' }),
      `${ROUTING}.linearStepSize`,
      'Member must not be null',
    ],
    [
      'a canary all at once',
      blueGreen({ Type: 'ALL_AT_ONCE', CanarySize: percent(10) }),
      `${ROUTING}.canarySize`,
      'Member must not be given with Type ALL_AT_ONCE',
    ],
    [
      'steps all at once',
      blueGreen({ Type: 'ALL_AT_ONCE', LinearStepSize: percent(10) }),
      `${ROUTING}.linearStepSize`,
      'Member must not be given with Type ALL_AT_ONCE',
    ],
    [
      'a canary of 51 %',
      canary(percent(51)),
      `${ROUTING}.canarySize.value`,
      'Member must be a percentage from 1 to 50',
    ],
    [
      'steps of 9 %',
      linear(percent(9)),
      `${ROUTING}.linearStepSize.value`,
      'Member must be a percentage from 10 to 50',
    ],
    [
      'steps of 51 %',
      linear(percent(51)),
      `${ROUTING}.linearStepSize.value`,
      'Member must be a percentage from 10 to 50',
    ],
    ['batches of 4 %', rolling(percent(4)), BATCH, 'Member must be a percentage from 5 to 50'],
    ['batches of 51 %', rolling(percent(51)), BATCH, 'Member must be a percentage from 5 to 50'],
  ])('may not have %s', (_, config, path, constraint) => {
    expect(check(config)).toThrow(`at '${path}' failed to satisfy constraint: ${constraint}`);
  });
});

describe('the fleets of an update', () => {
  const of = (...counts: [name: string, count: number][]) =>
    counts.map(([name, instanceCount]) => variantOf({ name, instanceCount }));
  const check =
    (config: DeploymentConfig | undefined, blue: ReturnType<typeof of>, green = blue) =>
    () =>
      checkGuardrails(config, blue, green);

  it.each([
    ['of other names without a policy', undefined, of(['a', 1]), of(['b', 1])],
    ['of other names all at once', ALL_AT_ONCE, of(['a', 1]), of(['b', 1])],
    ['of the same names in another order', canary(percent(10)), of(['a', 1], ['b', 1])],
    ['of which half is the canary', canary(instances(2)), of(['a', 4])],
    ['of which half is a batch', rolling(instances(2)), of(['a', 4])],
    ['of one instance, which is a batch', rolling(instances(1)), of(['a', 1])],
  ])('may be %s', (_, config, blue, green = blue.toReversed()) => {
    expect(check(config, blue, green)).not.toThrow();
  });

  it.each([
    [
      'of other names for a canary',
      canary(percent(10)),
      of(['a', 1]),
      of(['b', 1]),
      'CANARY needs the same variants in both endpoint configurations: a are in service, b are to come. Use ALL_AT_ONCE.',
    ],
    [
      'of more names for a rolling update',
      rolling(percent(10)),
      of(['a', 1]),
      of(['a', 1], ['b', 1]),
      'RollingUpdatePolicy needs the same variants in both endpoint configurations: a are in service, a, b are to come. Use ALL_AT_ONCE.',
    ],
    [
      'two for a rolling update',
      rolling(percent(10)),
      of(['a', 1], ['b', 1]),
      undefined,
      'RollingUpdatePolicy takes endpoints with one variant only. Use BlueGreenUpdatePolicy.',
    ],
    [
      'smaller than two canaries',
      canary(instances(2)),
      of(['a', 8]),
      of(['a', 3]),
      'CANARY moves 2 instance(s) at a time, more than half of the 3 of variant a. Use a smaller size, or CAPACITY_PERCENT.',
    ],
    [
      'of one instance for a canary of one',
      canary(instances(1)),
      of(['a', 1]),
      undefined,
      'CANARY moves 1 instance(s) at a time, more than half of the 1 of variant a. Use a smaller size, or CAPACITY_PERCENT.',
    ],
    [
      'smaller than two batches',
      rolling(instances(2)),
      of(['a', 3]),
      undefined,
      'RollingUpdatePolicy moves 2 instance(s) at a time, more than half of the 3 of variant a. Use a smaller size, or CAPACITY_PERCENT.',
    ],
  ])('may not be %s', (_, config, blue, green, message) => {
    expect(check(config, blue, green)).toThrow(message);
  });
});
