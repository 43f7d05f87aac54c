import { CloudWatchClient, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch';
import { ListServicesCommand } from '@aws-sdk/client-ecs';
import {
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DeleteEndpointCommand,
  type DeploymentConfig,
  DescribeEndpointCommand,
  type DescribeEndpointCommandOutput,
  UpdateEndpointCommand,
  type UpdateEndpointCommandInput,
  UpdateEndpointWeightsAndCapacitiesCommand,
} from '@aws-sdk/client-sagemaker';
import { describe, expect, it } from 'vitest';
import { swapsUnderLoad } from '../bench/swap/swaps-under-load.ts';
import type { DashboardBody } from '../src/dashboards/dashboard.ts';
import { ownStack } from './support/own-stack.ts';
import { createEndpoint, inService, invoke, variantOf } from './support/pipelines.ts';
import { makeHome } from './support/run-stack.ts';
import { type Behaviour, stage } from './support/stage.ts';
import { until } from './support/until.ts';

const { home, stack, clients } = await ownStack();

/** A model and a configuration `name` whose second stage adds the name to the answer. */
async function generation(name: string, count = 1, last: Behaviour = {}): Promise<void> {
  const Containers = [stage(home.image), stage(home.image, { SUFFIX: ` ${name}`, ...last })];
  await clients.sagemaker.send(new CreateModelCommand({ ModelName: name, Containers }));
  const variant = variantOf(name, { InitialInstanceCount: count });
  const config = { EndpointConfigName: name, ProductionVariants: [variant] };
  await clients.sagemaker.send(new CreateEndpointConfigCommand(config));
}

/** An endpoint `name` that runs the generation `name-blue`. */
async function blueEndpoint(name: string, count = 1): Promise<void> {
  await generation(`${name}-blue`, count);
  await createEndpoint(clients.sagemaker, name, [
    variantOf(`${name}-blue`, { InitialInstanceCount: count }),
  ]);
  await inService(clients.sagemaker, name);
}

function update(name: string, config: string, more: Partial<UpdateEndpointCommandInput> = {}) {
  const members = { EndpointName: name, EndpointConfigName: config, ...more };
  return clients.sagemaker.send(new UpdateEndpointCommand(members));
}

function described(name: string): Promise<DescribeEndpointCommandOutput> {
  return clients.sagemaker.send(new DescribeEndpointCommand({ EndpointName: name }));
}

function settled(name: string): Promise<DescribeEndpointCommandOutput> {
  return until(`${name} settled`, async () => {
    const found = await described(name);
    return found.EndpointStatus === 'Updating' ? undefined : found;
  });
}

async function scale(
  name: string,
  wish: { DesiredInstanceCount: number; DesiredWeight?: number },
): Promise<DescribeEndpointCommandOutput> {
  const DesiredWeightsAndCapacities = [{ VariantName: 'AllTraffic', ...wish }];
  const members = { EndpointName: name, DesiredWeightsAndCapacities };
  await clients.sagemaker.send(new UpdateEndpointWeightsAndCapacitiesCommand(members));
  return settled(name);
}

function pendingStatus(name: string, status: string): Promise<string> {
  return until(`${name} is ${status}`, async () => {
    const { PendingDeploymentSummary } = await described(name);
    const [variant] = PendingDeploymentSummary?.ProductionVariants ?? [];
    return variant?.VariantStatus?.find(({ Status }) => Status === status)?.StatusMessage;
  });
}

/** The lines across the graphs of the endpoint's dashboard. */
async function momentsOf(name: string): Promise<string[]> {
  const response = await fetch(`${stack.gateway}/endpoints/${name}/dashboard`);
  const { widgets } = (await response.json()) as DashboardBody;
  const [graph] = widgets.flatMap((one) => (one.type === 'metric' ? [one.properties] : []));
  return (graph?.annotations?.vertical ?? []).map(({ label }) => label);
}

async function services(name: string): Promise<string[]> {
  const { serviceArns = [] } = await clients.ecs.send(
    new ListServicesCommand({ cluster: 'headrace', maxResults: 100 }),
  );
  return serviceArns.filter((arn) => arn.includes(`_${name}_`));
}

/** Half of the traffic, then all of it, with a second of baking each. */
const CANARY: DeploymentConfig = {
  BlueGreenUpdatePolicy: {
    TrafficRoutingConfiguration: {
      Type: 'CANARY',
      CanarySize: { Type: 'CAPACITY_PERCENT', Value: 50 },
      WaitIntervalInSeconds: 2,
    },
    TerminationWaitInSeconds: 2,
  },
};

describe.concurrent('UpdateEndpoint', () => {
  it('brings up the new fleet, moves the traffic, and takes the old one down', async () => {
    await blueEndpoint('swap');
    await generation('swap-green');

    await update('swap', 'swap-green');
    const during = await described('swap');
    const after = await settled('swap');

    expect(during.EndpointStatus).toBe('Updating');
    expect(during.EndpointConfigName).toBe('swap');
    expect(during.PendingDeploymentSummary?.EndpointConfigName).toBe('swap-green');
    expect(after).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'swap-green' });
    expect(after.PendingDeploymentSummary).toBeUndefined();
    await until('only green answers', async () =>
      (await invoke(clients.runtime, 'swap', 'x')) === 'x swap-green' ? true : undefined,
    );
    await until('blue is gone', async () =>
      (await services('swap')).length === 1 ? true : undefined,
    );
  });

  it('says in every phase of a canary what it does, and splits the traffic', async () => {
    await blueEndpoint('canary', 2);
    await generation('canary-green', 2);

    await update('canary', 'canary-green', { DeploymentConfig: CANARY });
    const baking = await pendingStatus('canary', 'Baking');
    const answers = new Set<string>();
    await until('both generations answer', async () => {
      answers.add(await invoke(clients.runtime, 'canary', 'x'));
      return answers.size === 2 ? true : undefined;
    });
    const during = await described('canary');
    const after = await settled('canary');

    expect(baking).toBe(
      'Baking for 2 seconds (WaitIntervalInSeconds) with traffic enabled on canary capacity of 1 instance(s).',
    );
    expect(during.ProductionVariants?.[0]).toMatchObject({ CurrentWeight: 0.5, DesiredWeight: 1 });
    expect(after.EndpointConfigName).toBe('canary-green');
    expect(after.LastDeploymentConfig).toEqual(CANARY);
  });

  it('rolls a new fleet in instance by instance', async () => {
    await blueEndpoint('rolling', 2);
    await generation('rolling-green', 2);
    const DeploymentConfig = {
      RollingUpdatePolicy: {
        MaximumBatchSize: { Type: 'CAPACITY_PERCENT' as const, Value: 50 },
        WaitIntervalInSeconds: 0,
      },
    };

    await update('rolling', 'rolling-green', { DeploymentConfig });
    const after = await settled('rolling');

    expect(after).toMatchObject({
      EndpointConfigName: 'rolling-green',
      ProductionVariants: [{ CurrentInstanceCount: 2, DesiredInstanceCount: 2 }],
    });
  });

  it('rolls back when the new fleet does not come up, and says which stage failed, and why', async () => {
    await blueEndpoint('bad');
    await generation('bad-green', 1, {
      COMPLAIN: 'the weights are not there',
      EXIT_CODE: '3',
      EXIT_AFTER_MS: '100',
      LISTEN: 'never',
    });

    await update('bad', 'bad-green');
    const after = await settled('bad');

    expect(after).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'bad' });
    expect(after.FailureReason).toMatch(/container-2 .*did not pass the ping health check/);
    expect(after.FailureReason).toContain('exited with code 3');
    expect(after.FailureReason).toContain('the weights are not there');
    expect(await invoke(clients.runtime, 'bad', 'x')).toBe('x bad-blue');
  });

  it('is cancelled by an update back to the configuration in service', async () => {
    await blueEndpoint('hopeless');
    await generation('hopeless-green', 1, { LISTEN: 'never' });

    await update('hopeless', 'hopeless-green');
    const EndpointName = 'hopeless';
    const inProgress = 'Cannot update in-progress endpoint';
    await expect(update(EndpointName, 'bad-green')).rejects.toThrow(inProgress);
    const deletion = new DeleteEndpointCommand({ EndpointName });
    await expect(clients.sagemaker.send(deletion)).rejects.toThrow(inProgress);
    await update('hopeless', 'hopeless');
    const after = await settled('hopeless');

    expect(after).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'hopeless' });
    expect(after.FailureReason).toContain('cancelled');
    expect(await invoke(clients.runtime, 'hopeless', 'x')).toBe('x hopeless-blue');
  });

  it('rolls back when an alarm on the new fleet goes off while it bakes', async () => {
    await blueEndpoint('alarmed');
    await generation('alarmed-green', 1, { REFUSES: 'x' });
    const cloudwatch = new CloudWatchClient({
      region: 'us-east-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
      endpoint: stack.ecs,
    });
    await cloudwatch.send(
      new PutMetricAlarmCommand({
        AlarmName: 'errors',
        Namespace: 'AWS/SageMaker',
        MetricName: 'InvocationModelErrors',
        Dimensions: [
          { Name: 'EndpointName', Value: 'alarmed' },
          { Name: 'VariantName', Value: 'AllTraffic' },
          { Name: 'EndpointConfigName', Value: 'alarmed-green' },
        ],
        Statistic: 'Sum',
        Period: 10,
        EvaluationPeriods: 1,
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
      }),
    );
    const DeploymentConfig: DeploymentConfig = {
      BlueGreenUpdatePolicy: {
        TrafficRoutingConfiguration: { Type: 'ALL_AT_ONCE', WaitIntervalInSeconds: 0 },
        TerminationWaitInSeconds: 600,
      },
      AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'errors' }] },
    };

    await update('alarmed', 'alarmed-green', { DeploymentConfig });
    await pendingStatus('alarmed', 'Baking');
    await expect(invoke(clients.runtime, 'alarmed', 'x')).rejects.toThrow('client error');
    const after = await settled('alarmed');

    expect(after).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'alarmed' });
    expect(after.FailureReason).toContain('alarm errors went into ALARM');
    expect(await momentsOf('alarmed')).toEqual([
      'update to alarmed-green',
      'alarmed-green rolled back',
    ]);
    await until('blue answers again', async () => {
      const answer = await invoke(clients.runtime, 'alarmed', 'x').catch((error: Error) => error);
      if (answer instanceof Error) expect(answer.message).toContain('client error');
      return answer === 'x alarmed-blue' ? true : undefined;
    });
  });

  it('keeps live counts and weights with RetainAllVariantProperties', async () => {
    await blueEndpoint('retained');
    await generation('retained-green');
    const scaled = await scale('retained', { DesiredInstanceCount: 2, DesiredWeight: 3 });

    await update('retained', 'retained-green', {
      RetainAllVariantProperties: true,
      ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DesiredWeight' }],
    });
    const after = await settled('retained');

    expect(scaled.ProductionVariants?.[0]).toMatchObject({
      CurrentInstanceCount: 2,
      CurrentWeight: 3,
    });
    expect(after).toMatchObject({
      EndpointConfigName: 'retained-green',
      ProductionVariants: [{ CurrentInstanceCount: 2, CurrentWeight: 1 }],
    });
  });
});

describe.concurrent('an endpoint that is asleep', () => {
  it('runs nothing, says so, and answers again once it has instances', async () => {
    await blueEndpoint('sleepy', 2);

    const asleep = await scale('sleepy', { DesiredInstanceCount: 0 });
    const said = invoke(clients.runtime, 'sleepy', 'x');
    await expect(said).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringContaining('Variant AllTraffic of endpoint sleepy is asleep'),
    });
    const awake = await scale('sleepy', { DesiredInstanceCount: 1 });

    expect(asleep).toMatchObject({
      EndpointStatus: 'InService',
      ProductionVariants: [{ CurrentInstanceCount: 0, DesiredInstanceCount: 0 }],
    });
    expect(awake.ProductionVariants).toMatchObject([{ CurrentInstanceCount: 1 }]);
    await until('it answers', async () => {
      const answer = await invoke(clients.runtime, 'sleepy', 'x').catch((error: Error) => error);
      if (answer instanceof Error) expect(answer.message).toContain('is asleep');
      return answer === 'x sleepy-blue' ? true : undefined;
    });
  });

  it('wakes with an update, which is seen to work before it ends', async () => {
    await blueEndpoint('woken', 2);
    await generation('woken-green', 2);
    await scale('woken', { DesiredInstanceCount: 0 });

    await update('woken', 'woken-green', {
      RetainAllVariantProperties: true,
      DeploymentConfig: CANARY,
    });
    const after = await settled('woken');

    expect(after).toMatchObject({
      EndpointConfigName: 'woken-green',
      ProductionVariants: [{ CurrentInstanceCount: 1, DesiredInstanceCount: 1 }],
    });
    expect(await invoke(clients.runtime, 'woken', 'x')).toBe('x woken-green');
  });
});

it('loses, doubles and mixes no request in swaps under load', { timeout: 60_000 }, async () => {
  const own = await makeHome();
  try {
    const run = await swapsUnderLoad(own, { swaps: 4, perSecond: 50 });

    expect(run).toMatchObject({ lost: [], doubled: [], mixed: [] });
    expect(run.requests).toBeGreaterThan(20);
  } finally {
    await own.remove();
  }
});
