export interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

/** What tells one metric from another. The order of the dimensions does not matter. */
export interface MetricId {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly Dimension[];
}

/** The same text for the same metric; in order of namespace, then name. */
export function metricKey({ Namespace, MetricName, Dimensions }: MetricId): string {
  const pairs = Dimensions.map(({ Name, Value }) => [Name, Value]);
  return JSON.stringify([Namespace, MetricName, ...pairs.sort(byName)]);
}

function byName([a = '']: string[], [b = '']: string[]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
