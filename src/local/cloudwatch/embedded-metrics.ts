import * as z from 'zod';
import { metricName, namespace } from './inputs.ts';
import type { MetricId } from './metric-id.ts';
import { merge, type Summary, summaryOf } from './summary.ts';
import { isTaken } from './time-bounds.ts';

/** One metric of a line, under one set of dimensions. */
export interface EmbeddedMetric {
  readonly id: MetricId;
  readonly at: number;
  readonly unit: string;
  readonly values: Summary;
}

/** A line that asks for metrics and does not say them rightly: CloudWatch would take none of it. */
export class EmbeddedMetricError extends Error {
  override name = 'EmbeddedMetricError';
}

const UNITS = unitsWithRates(
  ['Seconds', 'Microseconds', 'Milliseconds', 'Percent', 'None'],
  ['Bytes', 'Kilobytes', 'Megabytes', 'Gigabytes', 'Terabytes'],
  ['Bits', 'Kilobits', 'Megabits', 'Gigabits', 'Terabits', 'Count'],
);
const LONGEST_DIMENSION = 1024;
const MOST_VALUES = 100;
const LONGEST_LINE = 1024 * 1024;
const PRINTABLE_ASCII = /^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/;

/** The specification's schema; members that it does not know are ignored, as it asks. */
const document = z.object({
  _aws: z.object({
    Timestamp: z.int().min(0),
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: namespace,
        Dimensions: z.array(z.array(z.string().min(1).max(250)).max(30)).min(1),
        Metrics: z
          .array(
            z.object({
              Name: metricName,
              Unit: z.enum(UNITS).default('None'),
              StorageResolution: z.union([z.literal(1), z.literal(60)]).optional(),
            }),
          )
          .max(100),
      }),
    ),
  }),
});

/** Whether a line of a log is to be read as metrics. */
export function hasEmbeddedMetrics(line: string): boolean {
  return line.startsWith('{') && line.includes('"_aws"') && line.includes('"CloudWatchMetrics"');
}

/**
 * The metrics of one line, read as strictly as CloudWatch's specification says ("Specification: Embedded
 * metric format"): names are those of members of the root, a dimension's value is a string, a metric's
 * a number, or up to a hundred.
 * @param now milliseconds since the Unix epoch
 * @throws EmbeddedMetricError that names the member and the rule
 */
export function embeddedMetrics(line: string, now: number): EmbeddedMetric[] {
  if (Buffer.byteLength(line) > LONGEST_LINE)
    throw new EmbeddedMetricError('It is longer than 1 MB.');
  const root = parse(line);
  const checked = document.safeParse(root);
  if (!checked.success) {
    const wrong = checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new EmbeddedMetricError(wrong.join('; '));
  }
  const { Timestamp, CloudWatchMetrics } = checked.data._aws;
  if (!isTaken(Timestamp, now)) {
    throw new EmbeddedMetricError(
      '_aws.Timestamp: must be within the last two weeks, and at most two hours ahead',
    );
  }
  return CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) => {
    const sets = Dimensions.map((names) =>
      names.map((Name) => ({ Name, Value: dimensionOf(root, Name) })),
    );
    return Metrics.flatMap(({ Name, Unit }) => {
      const values = valuesOf(root, Name);
      return sets.map((Dimensions) => ({
        id: { Namespace, MetricName: Name, Dimensions },
        at: Timestamp,
        unit: Unit,
        values,
      }));
    });
  });
}

function parse(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch (error) {
    throw new EmbeddedMetricError(`It is not one JSON object: ${(error as Error).message}`);
  }
}

function dimensionOf(root: Record<string, unknown>, name: string): string {
  const value = Object.hasOwn(root, name) ? root[name] : undefined;
  if (typeof value !== 'string') {
    throw new EmbeddedMetricError(`${name}: a dimension's value must be a string of the root`);
  }
  if (value.length > LONGEST_DIMENSION || !PRINTABLE_ASCII.test(value)) {
    throw new EmbeddedMetricError(`${name}: must be 1 to ${LONGEST_DIMENSION} characters of ASCII`);
  }
  return value;
}

function valuesOf(root: Record<string, unknown>, name: string): Summary {
  const target = Object.hasOwn(root, name) ? root[name] : undefined;
  const values: unknown[] = Array.isArray(target) ? target : [target];
  if (values.length === 0 || values.length > MOST_VALUES || !values.every(isNumber)) {
    throw new EmbeddedMetricError(
      `${name}: a metric's value must be a number of the root, or 1 to ${MOST_VALUES} of them`,
    );
  }
  return values.map((value) => summaryOf(value)).reduce(merge);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function unitsWithRates(plain: string[], ...counted: string[][]): string[] {
  return [...plain, ...counted.flat().flatMap((unit) => [unit, `${unit}/Second`])];
}
