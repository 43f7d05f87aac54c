/**
 * The limits of transform jobs, deployment policies and data capture, from both sides: the last value that is taken, and
 * the very words with which the next one is refused. Source: SageMaker's service model, 2017-07-24.
 * The other operations' are in bad-input.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from './support/api.ts';

const NAME = '[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}';
const MODEL_NAME = '[a-zA-Z0-9]([\\-a-zA-Z0-9]*[a-zA-Z0-9])?';
const S3_URI = '(https|s3)://([^/]+)/?(.*)';

interface Text {
  atLeast?: number;
  atMost: number;
  pattern?: string;
  /** Of this start the longest text is made that is taken. */
  start?: string;
}
interface Range {
  from: number;
  to?: number;
}
type Limits = { required?: true } & (
  | { text: Text }
  | { range: Range }
  | { oneOf: string[] }
  | { list: { atLeast?: number; atMost?: number } }
  | { map: { entries: number; value: number } }
  | { structure: true }
);
type Rows = Record<string, Limits>;

const REQUIRED = { required: true } as const;
const text = (atMost: number, more: Omit<Text, 'atMost'> = {}) => ({ text: { atMost, ...more } });
const name = { text: { atMost: 63, pattern: NAME } };
// SageMaker's model takes any text.
const headerValue = text(256, { pattern: '[\\t\\x20-\\x7e\\x80-\\xff]*' });
const jobName = { ...REQUIRED, text: { atLeast: 1, atMost: 63, pattern: NAME } };
const s3Uri = { ...REQUIRED, text: { atMost: 1024, pattern: S3_URI, start: 's3://' } };
const range = (from: number, to?: number) => ({ range: { from, ...(to !== undefined && { to }) } });
const oneOf = (...values: string[]) => ({ oneOf: values });
const structure = { ...REQUIRED, structure: true } as const;

const capacitySize = (path: string, more: Partial<typeof REQUIRED> = {}): Rows => ({
  [path]: { ...more, structure: true },
  [`${path}.Type`]: { ...REQUIRED, ...oneOf('INSTANCE_COUNT', 'CAPACITY_PERCENT') },
  [`${path}.Value`]: { ...REQUIRED, ...range(1) },
});

const BLUE_GREEN = 'DeploymentConfig.BlueGreenUpdatePolicy';
const ROUTING = `${BLUE_GREEN}.TrafficRoutingConfiguration`;
const ROLLING = 'DeploymentConfig.RollingUpdatePolicy';

const CAPTURE = 'DataCaptureConfig';
const contentTypes = (member: string): Rows => ({
  [`${CAPTURE}.CaptureContentTypeHeader.${member}`]: { list: { atLeast: 1, atMost: 10 } },
  [`${CAPTURE}.CaptureContentTypeHeader.${member}.0`]: {
    ...REQUIRED,
    ...text(256, {
      atLeast: 1,
      pattern: '[a-zA-Z0-9](-*[a-zA-Z0-9])*\\/[a-zA-Z0-9](-*[a-zA-Z0-9.])*',
      start: 'text/',
    }),
  },
});

const LIMITS: Record<string, Rows> = {
  CreateEndpointConfig: {
    [`${CAPTURE}.InitialSamplingPercentage`]: { ...REQUIRED, ...range(0, 100) },
    [`${CAPTURE}.DestinationS3Uri`]: {
      ...REQUIRED,
      ...text(512, { pattern: '(https|s3)://([^/])/?(.*)', start: 's3://' }),
    },
    [`${CAPTURE}.KmsKeyId`]: text(2048, { pattern: '[a-zA-Z0-9:/_-]*' }),
    [`${CAPTURE}.CaptureOptions`]: { ...REQUIRED, list: { atLeast: 1, atMost: 32 } },
    [`${CAPTURE}.CaptureOptions.0.CaptureMode`]: {
      ...REQUIRED,
      ...oneOf('Input', 'Output', 'InputAndOutput'),
    },
    ...contentTypes('CsvContentTypes'),
    ...contentTypes('JsonContentTypes'),
  },
  CreateTransformJob: {
    TransformJobName: jobName,
    ModelName: { ...REQUIRED, text: { atMost: 63, pattern: MODEL_NAME } },
    MaxConcurrentTransforms: range(0),
    // The upper bounds of this one and of InstanceCount are in the text of the API, not in its model.
    MaxPayloadInMB: range(0, 100),
    BatchStrategy: oneOf('MultiRecord', 'SingleRecord'),
    Environment: { map: { entries: 16, value: 10_240 } },
    'ModelClientConfig.InvocationsTimeoutInSeconds': range(1, 3600),
    'ModelClientConfig.InvocationsMaxRetries': range(0, 3),
    TransformInput: structure,
    'TransformInput.DataSource': structure,
    'TransformInput.DataSource.S3DataSource': structure,
    // AugmentedManifestFile and Converse are in SageMaker's model, and of no use for a transform job.
    'TransformInput.DataSource.S3DataSource.S3DataType': {
      ...REQUIRED,
      ...oneOf('ManifestFile', 'S3Prefix'),
    },
    'TransformInput.DataSource.S3DataSource.S3Uri': s3Uri,
    'TransformInput.ContentType': headerValue,
    'TransformInput.CompressionType': oneOf('None', 'Gzip'),
    'TransformInput.SplitType': oneOf('None', 'Line', 'RecordIO', 'TFRecord'),
    TransformOutput: structure,
    'TransformOutput.S3OutputPath': s3Uri,
    'TransformOutput.Accept': headerValue,
    'TransformOutput.AssembleWith': oneOf('None', 'Line'),
    'TransformOutput.KmsKeyId': text(2048, { pattern: '[a-zA-Z0-9:/_-]*' }),
    TransformResources: structure,
    'TransformResources.InstanceType': {
      ...REQUIRED,
      text: { atMost: 64, pattern: 'ml\\.[a-z0-9-]+\\.[a-z0-9]+', start: 'ml.c5.' },
    },
    'TransformResources.InstanceCount': { ...REQUIRED, ...range(1, 100) },
    'DataProcessing.InputFilter': text(63),
    'DataProcessing.OutputFilter': text(63),
    'DataProcessing.JoinSource': oneOf('Input', 'None'),
    Tags: { list: { atMost: 50 } },
  },
  DescribeTransformJob: { TransformJobName: jobName },
  StopTransformJob: { TransformJobName: jobName },
  ListTransformJobs: {
    SortBy: oneOf('Name', 'CreationTime', 'Status'),
    SortOrder: oneOf('Ascending', 'Descending'),
    NextToken: text(8192),
    MaxResults: range(1, 100),
    NameContains: text(63, { pattern: '[a-zA-Z0-9-]+' }),
    StatusEquals: oneOf('InProgress', 'Completed', 'Failed', 'Stopping', 'Stopped'),
  },
  UpdateEndpoint: {
    EndpointName: { ...REQUIRED, ...name },
    EndpointConfigName: { ...REQUIRED, ...name },
    // SageMaker's model has DataCaptureConfig as well, and its text says that it is not supported.
    ExcludeRetainedVariantProperties: { list: { atMost: 3 } },
    [BLUE_GREEN]: { structure: true },
    [ROUTING]: structure,
    [`${ROUTING}.Type`]: { ...REQUIRED, ...oneOf('ALL_AT_ONCE', 'CANARY', 'LINEAR') },
    [`${ROUTING}.WaitIntervalInSeconds`]: { ...REQUIRED, ...range(0, 3600) },
    ...capacitySize(`${ROUTING}.CanarySize`),
    ...capacitySize(`${ROUTING}.LinearStepSize`),
    [`${BLUE_GREEN}.TerminationWaitInSeconds`]: range(0, 3600),
    [`${BLUE_GREEN}.MaximumExecutionTimeoutInSeconds`]: range(600, 28_800),
    [ROLLING]: { structure: true },
    ...capacitySize(`${ROLLING}.MaximumBatchSize`, REQUIRED),
    [`${ROLLING}.WaitIntervalInSeconds`]: { ...REQUIRED, ...range(0, 3600) },
    [`${ROLLING}.MaximumExecutionTimeoutInSeconds`]: range(600, 28_800),
    'DeploymentConfig.AutoRollbackConfiguration.Alarms': { list: { atLeast: 1, atMost: 10 } },
    // SageMaker's model lets the name be missing, with which there is no alarm.
    'DeploymentConfig.AutoRollbackConfiguration.Alarms.0.AlarmName': {
      ...REQUIRED,
      ...text(255, { atLeast: 1 }),
    },
  },
};

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
});

afterAll(() => api.close());

describe.each(Object.keys(LIMITS))('%s', (operation) => {
  /** What is said of the member; undefined when nothing is. */
  const constraint = async (path: string, value: unknown): Promise<string | undefined> => {
    const { body } = await api.call(operation, requestWith(path.split('.'), value));
    const [, said] = String(body.message).split(
      `'${pathText(path)}' failed to satisfy constraint: `,
    );
    return said?.split('; Value ')[0];
  };

  it.each(Object.entries(LIMITS[operation] ?? {}))('%s', async (path, limits) => {
    const refused = await Promise.all(
      beyond(limits).map(async ([value, words]) => [await constraint(path, value), words]),
    );
    const taken = await Promise.all(atLimit(limits).map((value) => constraint(path, value)));
    const missing = await constraint(path, undefined);

    expect(refused.map(([said]) => said)).toEqual(refused.map(([, words]) => words));
    // The rules between members come later, and name it in their own words.
    for (const said of taken)
      expect(said ?? '').not.toMatch(/^(Member|Map value) must (satisfy|have)/);
    expect(missing).toBe(limits.required && 'Member must not be null');
  });
});

function atLimit(limits: Limits): unknown[] {
  if ('text' in limits) return extremes(limits.text);
  if ('range' in limits) return [limits.range.from, limits.range.to ?? 2_147_483_647];
  if ('oneOf' in limits) return limits.oneOf;
  if ('map' in limits) return mapsOf(limits.map.entries, limits.map.value);
  return [];
}

function extremes({ atMost, atLeast = 0, start = '' }: Text): string[] {
  const lengths = atLeast > start.length ? [atLeast, atMost] : [atMost];
  return lengths.map((length) => start.padEnd(length, 'a'));
}

/** Each wrong value, and what is said of it. */
function beyond(limits: Limits): [unknown, string][] {
  if ('text' in limits) return wrongTexts(limits.text);
  if ('range' in limits) {
    const { from, to } = limits.range;
    const rows: [unknown, string][] = [
      [from - 1, `Member must have value greater than or equal to ${from}`],
      [from + 0.5, 'Member must be a whole number'],
      [String(from), 'Member must be a whole number'],
    ];
    if (to !== undefined) {
      rows.push([to + 1, `Member must have value less than or equal to ${to}`]);
    }
    return rows;
  }
  if ('oneOf' in limits) {
    const words = `Member must satisfy enum value set: [${limits.oneOf.join(', ')}]`;
    return [
      ['other', words],
      [1, words],
    ];
  }
  if ('map' in limits) {
    const [many, long] = mapsOf(limits.map.entries + 1, limits.map.value + 1);
    const { entries, value } = limits.map;
    return [
      [many, `Member must have length less than or equal to ${entries}`],
      [
        long,
        `Map value must satisfy constraint: [Member must have length less than or equal to ${value}, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: [\\S\\s]*]`,
      ],
    ];
  }
  if ('structure' in limits) return [['text', 'Member must be a structure']];
  const { atLeast, atMost } = limits.list;
  const rows: [unknown, string][] = [['text', 'Member must be a list']];
  if (atLeast) rows.push([[], `Member must have length greater than or equal to ${atLeast}`]);
  if (atMost) {
    const words = `Member must have length less than or equal to ${atMost}`;
    rows.push([Array.from({ length: atMost + 1 }, () => ({})), words]);
  }
  return rows;
}

function wrongTexts({ atMost, atLeast, pattern }: Text): [unknown, string][] {
  const rows: [unknown, string][] = [
    [1, 'Member must be a string'],
    ['a'.repeat(atMost + 1), `Member must have length less than or equal to ${atMost}`],
  ];
  if (atLeast) rows.push(['', `Member must have length greater than or equal to ${atLeast}`]);
  if (pattern !== undefined) {
    rows.push(['a b\n', `Member must satisfy regular expression pattern: ${pattern}`]);
  }
  return rows;
}

/** One of so many entries, and one with a value so long. */
function mapsOf(entries: number, value: number): Record<string, string>[] {
  const names = Array.from({ length: entries }, (_, position) => [`K${position}`, '']);
  return [Object.fromEntries(names), { K: 'v'.repeat(value) }];
}

/** Nothing but the value at its path: whatever else is missing is said of other members. */
function requestWith([first, ...rest]: string[], value: unknown): unknown {
  if (first === undefined) return value;
  const inside = requestWith(rest, value);
  return first === '0' ? [inside] : { [first]: inside };
}

function pathText(path: string): string {
  return path
    .split('.')
    .map((part) => (part === '0' ? '1.member' : part.charAt(0).toLowerCase() + part.slice(1)))
    .join('.');
}
