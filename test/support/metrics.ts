import {
  CloudWatchClient,
  type Datapoint,
  GetMetricStatisticsCommand,
} from '@aws-sdk/client-cloudwatch';

export function cloudwatchOf({ ecs }: { ecs: string }): CloudWatchClient {
  return new CloudWatchClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    endpoint: ecs,
  });
}

/** All values of the last hour taken together; `{}` when there is none. */
export async function statistics(
  cloudwatch: CloudWatchClient,
  Namespace: string,
  MetricName: string,
  by: Record<string, string>,
): Promise<Datapoint> {
  const { Datapoints = [] } = await cloudwatch.send(
    new GetMetricStatisticsCommand({
      Namespace,
      MetricName,
      Dimensions: Object.entries(by).map(([Name, Value]) => ({ Name, Value })),
      StartTime: new Date(Date.now() - 3_600_000),
      EndTime: new Date(Date.now() + 3_600_000),
      Period: 7200,
      Statistics: ['Sum', 'SampleCount', 'Minimum', 'Maximum'],
    }),
  );
  // Two, where the hour lies across a period's end.
  return Datapoints.reduce<Datapoint>(
    (all, { Sum = 0, SampleCount = 0, Minimum = 0, Maximum = 0, Unit }) => ({
      Sum: (all.Sum ?? 0) + Sum,
      SampleCount: (all.SampleCount ?? 0) + SampleCount,
      Minimum: Math.min(all.Minimum ?? Minimum, Minimum),
      Maximum: Math.max(all.Maximum ?? Maximum, Maximum),
      ...(Unit && { Unit }),
    }),
    {},
  );
}
