import type { CapacitySize, DeploymentConfig } from './deployment-config.ts';

/** How many instances of a variant something concerns. */
export type Counts = Readonly<Record<string, number>>;

/** 0..1 by variant: the part of its traffic that goes to green. */
export type Shares = Readonly<Record<string, number>>;

/** One step of an update: the green instances that take traffic, and how long they bake. */
export interface Step {
  /** Green instances that must be up and healthy before the step's traffic moves. */
  greenUp: Counts;
  /** Green instances among them that take traffic. */
  greenActive: Counts;
  share: Shares;
  bakeSeconds: number;
  bakeName: 'WaitIntervalInSeconds' | 'TerminationWaitInSeconds';
  /** Blue instances that stay once the step has baked. */
  blueStays: Counts;
}

/**
 * An update as its steps, in order (reference section 2.7). Pure. `blue` and `green` are the full
 * counts; the last step always gives green everything.
 */
export function updateSteps(
  config: DeploymentConfig | undefined,
  blue: Counts,
  green: Counts,
): Step[] {
  const rolling = config?.RollingUpdatePolicy;
  if (rolling !== undefined) return rollingSteps(rolling, blue, green);
  const { TrafficRoutingConfiguration: routing, TerminationWaitInSeconds = 0 } =
    config?.BlueGreenUpdatePolicy ?? {};
  const between = {
    bakeSeconds: routing?.WaitIntervalInSeconds ?? 0,
    bakeName: 'WaitIntervalInSeconds',
  } as const;
  const shiftTo = (share: Shares) => ({
    greenUp: green,
    greenActive: activeFor(green, share),
    share,
    blueStays: blue,
  });
  const steps: Step[] = [];
  const { CanarySize, LinearStepSize } = routing ?? {};
  if (CanarySize !== undefined) {
    steps.push({ ...shiftTo(sharesOf(green, CanarySize, 1)), ...between });
  }
  if (LinearStepSize !== undefined) {
    for (let times = 1; !isWhole(sharesOf(green, LinearStepSize, times)); times++) {
      steps.push({ ...shiftTo(sharesOf(green, LinearStepSize, times)), ...between });
    }
  }
  const last = {
    bakeSeconds: TerminationWaitInSeconds,
    bakeName: 'TerminationWaitInSeconds',
  } as const;
  return [...steps, { ...shiftTo(mapValues(green, () => 1)), ...last }];
}

function rollingSteps(
  { MaximumBatchSize, WaitIntervalInSeconds }: NonNullable<DeploymentConfig['RollingUpdatePolicy']>,
  blue: Counts,
  green: Counts,
): Step[] {
  const steps: Step[] = [];
  for (let times = 1; steps.length === 0 || !isWhole(steps.at(-1)?.share ?? {}); times++) {
    // Whole instances take over from whole instances: the traffic follows the capacity.
    const up = mapValues(green, (count) =>
      Math.min(count, batchOf(count, MaximumBatchSize) * times),
    );
    const share = mapValues(up, (count, name) => count / (green[name] ?? 1));
    steps.push({
      greenUp: up,
      greenActive: up,
      share,
      bakeSeconds: WaitIntervalInSeconds,
      bakeName: 'WaitIntervalInSeconds',
      // Rounded up: what blue still answers for, it keeps the instances for.
      blueStays: mapValues(blue, (count, name) => upToWhole(count * (1 - (share[name] ?? 1)))),
    });
  }
  return steps;
}

/** The traffic after `times` portions: a percentage as it stands, instances as a part of all. */
function sharesOf(counts: Counts, { Type, Value }: CapacitySize, times: number): Shares {
  return mapValues(counts, (count) =>
    Math.min(1, (Value * times) / (Type === 'CAPACITY_PERCENT' ? 100 : count)),
  );
}

/** The fewest instances that can carry a share without more load on each than before. */
function activeFor(counts: Counts, share: Shares): Counts {
  return mapValues(counts, (count, name) => Math.max(1, upToWhole(count * (share[name] ?? 1))));
}

/** Products of shares like 0.1 * 3 are a hair too large: that hair would cost an instance. */
function upToWhole(instances: number): number {
  return Math.ceil(Number(instances.toFixed(9)));
}

/** Never more than the policy's maximum, and never nothing. */
function batchOf(count: number, { Type, Value }: CapacitySize): number {
  return Math.max(1, Type === 'INSTANCE_COUNT' ? Value : Math.floor((count * Value) / 100));
}

function isWhole(share: Shares): boolean {
  return Object.values(share).every((part) => part >= 1);
}

function mapValues(
  counts: Readonly<Record<string, number>>,
  map: (count: number, name: string) => number,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [name, map(count, name)]),
  );
}
