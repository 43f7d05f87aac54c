import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  GetMetricStatisticsCommand,
  InvalidParameterCombinationException,
  InvalidParameterValueException,
  ListMetricsCommand,
  PutCompositeAlarmCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
  paginateDescribeAlarms,
  ResourceNotFound,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { SmithyRpcV2CborProtocol } from '@smithy/core/cbor';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RealEcs } from '../../../test/support/ecs/real-ecs.ts';
import { SimulatedRuntime } from '../../../test/support/ecs/simulated-runtime.ts';
import { VirtualTime } from '../../../test/support/ecs/virtual-time.ts';
import { CloudWatch } from './cloudwatch.ts';

const ALARM: PutMetricAlarmCommandInput = {
  AlarmName: 'errors',
  Namespace: 'Mine',
  MetricName: 'Errors',
  Dimensions: [{ Name: 'EndpointName', Value: 'words' }],
  Statistic: 'Sum',
  Period: 10,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
};

let time: VirtualTime;
let real: RealEcs;
let problems: string[];

beforeEach(() => {
  time = new VirtualTime();
  real = new RealEcs();
  problems = [];
});

afterEach(async () => {
  await real.close();
  expect(problems).toEqual([]);
});

function open(dir = real.dir): CloudWatch {
  return new CloudWatch({
    dataDir: dir,
    clock: time,
    timers: time,
    region: 'us-east-1',
    account: '000000000000',
    report: (problem) => problems.push(problem),
  });
}

async function connect(protocol?: typeof SmithyRpcV2CborProtocol) {
  const ecs = await real.start({
    cloudwatch: open(),
    runtime: (context) => new SimulatedRuntime(context),
  });
  return new CloudWatchClient({
    endpoint: ecs.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    ...(protocol && { protocol }),
  });
}

async function put(client: CloudWatchClient, value: number): Promise<void> {
  const { MetricName, Dimensions } = ALARM;
  const MetricData = [{ MetricName, Dimensions, Value: value, Unit: 'Count' as const }];
  await client.send(new PutMetricDataCommand({ Namespace: 'Mine', MetricData }));
  await time.advance(1000);
}

async function alarm(client: CloudWatchClient, name = 'errors') {
  const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({ AlarmNames: [name] }));
  return MetricAlarms?.[0];
}

describe.each([
  ['AWS JSON 1.0', undefined],
  ['RPC v2 CBOR', SmithyRpcV2CborProtocol],
])('%s', (_, protocol) => {
  test('an alarm is kept as it was given, and shown', async () => {
    const client = await connect(protocol);
    const given = {
      ...ALARM,
      AlarmDescription: 'too many',
      AlarmActions: ['arn:aws:sns:us-east-1:000000000000:me'],
      DatapointsToAlarm: 1,
      TreatMissingData: 'notBreaching',
    };

    await client.send(new PutMetricAlarmCommand(given));

    const found = await client.send(new DescribeAlarmsCommand({ AlarmTypes: ['MetricAlarm'] }));
    expect(found.MetricAlarms).toEqual([
      {
        ...given,
        ActionsEnabled: true,
        OKActions: [],
        InsufficientDataActions: [],
        AlarmArn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors',
        AlarmConfigurationUpdatedTimestamp: new Date(time.now()),
        StateValue: 'OK',
        StateReason:
          'Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].',
        StateUpdatedTimestamp: new Date(time.now()),
        StateTransitionedTimestamp: new Date(time.now()),
      },
    ]);
  });

  test('values make it go to ALARM, to OK, and to INSUFFICIENT_DATA when they end', async () => {
    const client = await connect(protocol);
    await client.send(new PutMetricAlarmCommand(ALARM));
    const created = await alarm(client);

    await put(client, 1);
    const breaching = await alarm(client);
    await time.advance(10_000);
    await put(client, 0);
    const within = await alarm(client);
    await time.advance(60_000);
    const silent = await alarm(client);

    expect(created?.StateValue).toBe('INSUFFICIENT_DATA');
    expect(created?.StateReason).toBe('Unchecked: Initial alarm creation');
    expect(breaching?.StateValue).toBe('ALARM');
    expect(breaching?.StateReason).toBe(
      'Threshold Crossed: 1 datapoint [1.0] was greater than or equal to the threshold (1.0).',
    );
    expect(within?.StateValue).toBe('OK');
    expect(silent?.StateValue).toBe('INSUFFICIENT_DATA');
    expect(silent?.StateReason).toBe('Insufficient Data: 1 datapoint was unknown.');
  });

  test('values are told back by period', async () => {
    const client = await connect(protocol);
    const StartTime = new Date(time.now());
    for (const value of [1, 2, 6]) await put(client, value);

    const { Label, Datapoints } = await client.send(
      new GetMetricStatisticsCommand({
        Namespace: 'Mine',
        MetricName: 'Errors',
        Dimensions: ALARM.Dimensions,
        StartTime,
        EndTime: new Date(time.now()),
        Period: 60,
        Statistics: ['SampleCount', 'Average', 'Maximum'],
        ExtendedStatistics: ['p100'],
      }),
    );

    expect(Label).toBe('Errors');
    expect(Datapoints).toEqual([
      {
        Timestamp: StartTime,
        Unit: 'Count',
        SampleCount: 3,
        Average: 3,
        Maximum: 6,
        ExtendedStatistics: { p100: 6 },
      },
    ]);
  });

  test('what is wrong is told as CloudWatch tells it', async () => {
    const client = await connect(protocol);
    const alarmed = (more: Partial<PutMetricAlarmCommandInput>) =>
      client.send(new PutMetricAlarmCommand({ ...ALARM, ...more }));
    const missing = client.send(
      new SetAlarmStateCommand({ AlarmName: 'no', StateValue: 'OK', StateReason: '' }),
    );
    const composite = client.send(
      new PutCompositeAlarmCommand({ AlarmName: 'c', AlarmRule: 'FALSE' }),
    );
    const long = client.send(
      new GetMetricStatisticsCommand({
        Namespace: 'Mine',
        MetricName: 'Errors',
        StartTime: new Date(0),
        EndTime: new Date(),
        Period: 60,
        Statistics: ['Sum'],
      }),
    );
    const foreign = client.send(
      new PutMetricDataCommand({
        Namespace: 'AWS/SageMaker',
        MetricData: [{ MetricName: 'Invocations', Value: 1 }],
      }),
    );
    const token = client.send(new DescribeAlarmsCommand({ NextToken: 'x' }));

    await Promise.all([
      expect(missing).rejects.toThrow(ResourceNotFound),
      expect(missing).rejects.toThrow('There is no alarm no.'),
      expect(composite).rejects.toThrow('PutCompositeAlarm'),
      expect(long).rejects.toThrow(InvalidParameterCombinationException),
      expect(foreign).rejects.toThrow(InvalidParameterValueException),
      expect(token).rejects.toMatchObject({ name: 'InvalidNextToken' }),
      expect(alarmed({ Period: 15 })).rejects.toMatchObject({
        name: 'ValidationException',
        message: 'Period must be 10, 20, 30 or a multiple of 60',
      }),
      expect(alarmed({ EvaluationPeriods: 8641 })).rejects.toThrow('more than a day'),
      expect(alarmed({ DatapointsToAlarm: 2 })).rejects.toThrow('less than or equal'),
      expect(alarmed({ ExtendedStatistic: 'p99' })).rejects.toThrow('both Statistic and'),
      expect(alarmed({ Metrics: [{ Id: 'm1' }] })).rejects.toThrow('Metrics: this stand-in'),
    ]);
  });
});

test('a state that is set by hand holds until a value says otherwise', async () => {
  const client = await connect();
  await client.send(new PutMetricAlarmCommand(ALARM));
  await client.send(
    new SetAlarmStateCommand({ AlarmName: 'errors', StateValue: 'ALARM', StateReason: 'a test' }),
  );

  await time.advance(60_000);
  const held = await alarm(client);
  await put(client, 0);
  const evaluated = await alarm(client);

  expect(held).toMatchObject({ StateValue: 'ALARM', StateReason: 'a test' });
  expect(evaluated?.StateValue).toBe('OK');
});

test('the state changes by itself, and alarms outlive the process', async () => {
  const client = await connect();
  await client.send(new PutMetricAlarmCommand(ALARM));
  await put(client, 1);

  await time.advance(5000);

  const next = open();
  expect(next.alarms.get('errors')?.StateValue).toBe('ALARM');
  next.close();
});

test('a new rule leaves the state; deleting leaves nothing, and a name that is not there is no error', async () => {
  const client = await connect();
  await client.send(new PutMetricAlarmCommand(ALARM));
  await put(client, 1);
  const before = await alarm(client);

  await client.send(new PutMetricAlarmCommand({ ...ALARM, Period: 60, EvaluationPeriods: 2 }));
  const changed = await alarm(client);
  await client.send(new DeleteAlarmsCommand({ AlarmNames: ['errors', 'no'] }));

  expect(before?.StateValue).toBe('ALARM');
  expect(changed).toMatchObject({ StateValue: 'ALARM', StateReason: before?.StateReason });
  expect(await alarm(client)).toBeUndefined();
});

test('alarms are found by prefix and state, and come in pages', async () => {
  const client = await connect();
  for (const AlarmName of ['b2', 'a', 'b1', 'b3']) {
    await client.send(new PutMetricAlarmCommand({ ...ALARM, AlarmName }));
  }
  await client.send(
    new SetAlarmStateCommand({ AlarmName: 'b3', StateValue: 'ALARM', StateReason: '' }),
  );

  const names: (string | undefined)[][] = [];
  const input = { AlarmNamePrefix: 'b' };
  for await (const page of paginateDescribeAlarms({ client, pageSize: 2 }, input)) {
    names.push((page.MetricAlarms ?? []).map(({ AlarmName }) => AlarmName));
  }
  const inAlarm = await client.send(new DescribeAlarmsCommand({ StateValue: 'ALARM' }));
  const composite = await client.send(
    new DescribeAlarmsCommand({ AlarmTypes: ['CompositeAlarm'] }),
  );

  expect(names).toEqual([['b1', 'b2'], ['b3']]);
  expect(inAlarm.MetricAlarms?.map(({ AlarmName }) => AlarmName)).toEqual(['b3']);
  expect(composite).toMatchObject({ MetricAlarms: [], CompositeAlarms: [] });
});

test('values in sets, with counts, and so many that the SDK packs them', async () => {
  const client = await connect();
  const Timestamp = new Date(time.now());
  const MetricData = [
    { MetricName: 'counted', Timestamp, Values: [1, 10], Counts: [9, 1] },
    {
      MetricName: 'set',
      Timestamp,
      StatisticValues: { SampleCount: 4, Sum: 8, Minimum: 1, Maximum: 3 },
    },
    ...Array.from({ length: 500 }, (_, index) => ({
      MetricName: `m${index}`,
      Timestamp,
      Value: 1,
    })),
  ];
  await client.send(new PutMetricDataCommand({ Namespace: 'Mine', MetricData }));
  const ask = async (MetricName: string) => {
    const { Datapoints } = await client.send(
      new GetMetricStatisticsCommand({
        Namespace: 'Mine',
        MetricName,
        StartTime: Timestamp,
        EndTime: new Date(time.now() + 1000),
        Period: 1,
        Statistics: ['Sum', 'SampleCount'],
        ExtendedStatistics: ['p50'],
      }),
    );
    return Datapoints?.[0];
  };

  const counted = await ask('counted');
  const set = await ask('set');
  const first = await client.send(new ListMetricsCommand({ Namespace: 'Mine' }));
  const second = await client.send(
    new ListMetricsCommand({ Namespace: 'Mine', NextToken: first.NextToken }),
  );

  expect(counted).toMatchObject({ Sum: 19, SampleCount: 10, ExtendedStatistics: { p50: 1 } });
  expect(set).toMatchObject({ Sum: 8, SampleCount: 4, ExtendedStatistics: {} });
  expect(first.Metrics).toHaveLength(500);
  expect(second.Metrics).toHaveLength(2);
  expect(second.NextToken).toBeUndefined();
});
