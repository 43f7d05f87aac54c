/** A CloudWatch dashboard ("Dashboard body structure and syntax" in its API reference), as far as ours go. */
export interface DashboardBody {
  readonly start: string;
  readonly periodOverride: 'inherit' | 'auto';
  readonly widgets: readonly Widget[];
}

export type Widget = Place &
  (
    | { readonly type: 'text'; readonly properties: { readonly markdown: string } }
    | { readonly type: 'metric'; readonly properties: MetricProperties }
  );

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type Statistic = 'Average' | 'Sum' | 'Minimum' | 'Maximum' | `p${number}`;

/** Namespace, name, and names and values of dimensions by turns; what differs from the widget's comes last. */
export type Metric = readonly (string | { readonly label?: string; readonly stat?: Statistic })[];
/** Finds metrics by themselves, also those that come to be later. */
export type Search = readonly [{ readonly id: string; readonly expression: string }];

interface MetricProperties {
  readonly title: string;
  readonly region: string;
  readonly view: 'timeSeries';
  readonly stacked: boolean;
  readonly stat: Statistic;
  readonly period: number;
  readonly metrics: readonly (Metric | Search)[];
  readonly yAxis: {
    readonly left: { readonly min: 0; readonly label?: string; readonly showUnits: false };
  };
  readonly annotations?: { readonly vertical: readonly Moment[] };
}

/** A line across a graph. */
export interface Moment {
  readonly label: string;
  /** ISO 8601. */
  readonly value: string;
}

export interface Graph {
  readonly title: string;
  readonly metrics: readonly (Metric | Search)[];
  readonly stat: Statistic;
  readonly isStacked?: boolean;
  /** What the left axis counts. */
  readonly of?: string;
  readonly moments?: readonly Moment[];
}

const PERIOD_SECONDS = 60;
const COLUMNS = 24;
const TEXT_HEIGHT = 2;
const GRAPH_HEIGHT = 7;

/** `heading`, then the graphs two in a row. */
export function dashboard(
  region: string,
  heading: string,
  graphs: readonly Graph[],
): DashboardBody {
  const width = COLUMNS / 2;
  return {
    start: '-PT3H',
    periodOverride: 'inherit',
    widgets: [
      {
        type: 'text',
        x: 0,
        y: 0,
        width: COLUMNS,
        height: TEXT_HEIGHT,
        properties: { markdown: heading },
      },
      ...graphs.map((graph, position) => ({
        type: 'metric' as const,
        x: (position % 2) * width,
        y: TEXT_HEIGHT + Math.floor(position / 2) * GRAPH_HEIGHT,
        width,
        height: GRAPH_HEIGHT,
        properties: propertiesOf(graph, region),
      })),
    ],
  };
}

function propertiesOf(
  { title, metrics, stat, isStacked = false, of, moments = [] }: Graph,
  region: string,
): MetricProperties {
  return {
    title,
    region,
    view: 'timeSeries',
    stacked: isStacked,
    stat,
    period: PERIOD_SECONDS,
    metrics,
    yAxis: { left: { min: 0, showUnits: false, ...(of !== undefined && { label: of }) } },
    ...(moments.length > 0 && { annotations: { vertical: moments } }),
  };
}

/**
 * All metrics of these names under just these dimensions ("Search expressions" in CloudWatch's user guide).
 * @param where further terms, such as `EndpointName="words"`
 */
export function search(
  id: string,
  [namespace, ...dimensions]: readonly string[],
  names: readonly string[],
  stat: Statistic,
  where = '',
): Search {
  const name = names.map((one) => `MetricName="${one}"`).join(' OR ');
  const terms = `{${[namespace, ...dimensions].join(',')}} ${where} (${name})`.replace(/ +/g, ' ');
  return [{ id, expression: `SEARCH('${terms}', '${stat}', ${PERIOD_SECONDS})` }];
}
