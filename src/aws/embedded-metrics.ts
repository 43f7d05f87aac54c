/**
 * CloudWatch's embedded metric format: a line of the log that is also a set of metrics. CloudWatch user
 * guide, "Specification: Embedded metric format".
 */

export type MetricUnit = 'None' | 'Count' | 'Microseconds' | 'Seconds' | 'Count/Second';

/** Metrics, by the sets of dimensions that they are told apart by. Both are names of members. */
export interface MetricDirective {
  readonly namespace: string;
  readonly dimensions: readonly (readonly string[])[];
  readonly metrics: Readonly<Record<string, MetricUnit>>;
}

/** The dimensions' values are strings, the metrics' are numbers. undefined: there is none this time. */
export type MetricMembers = Readonly<Record<string, string | number | undefined>>;

/**
 * Makes lines of these directives. A line asks for no member that it does not have: a set of dimensions
 * that lacks one is left out, and so is a metric.
 */
export function createMetricLine(directives: readonly MetricDirective[]) {
  // Lines differ in which members they have, in few ways; the directives' text is the most of a line.
  const texts = new Map<string, string>();
  return (timestamp: number, members: MetricMembers): string => {
    let which = '';
    for (const name in members) which += members[name] === undefined ? '0' : '1';
    let text = texts.get(which);
    if (text === undefined) {
      text = JSON.stringify(directives.flatMap((directive) => directiveFor(directive, members)));
      texts.set(which, text);
    }
    const values = JSON.stringify(members).slice(1);
    return `{"_aws":{"Timestamp":${timestamp},"CloudWatchMetrics":${text}},${values}\n`;
  };
}

function directiveFor(
  { namespace, dimensions, metrics }: MetricDirective,
  members: MetricMembers,
): object[] {
  const has = (name: string) => members[name] !== undefined;
  const sets = dimensions.filter((names) => names.every(has));
  const definitions = Object.entries(metrics)
    .filter(([name]) => has(name))
    // None is what holds without a unit, and a log is paid for by the byte.
    .map(([Name, Unit]) => (Unit === 'None' ? { Name } : { Name, Unit }));
  if (sets.length === 0 || definitions.length === 0) return [];
  return [{ Namespace: namespace, Dimensions: sets, Metrics: definitions }];
}
