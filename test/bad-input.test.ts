/**
 * Every kind of wrong request, and the very words with which it is refused. A row is a request, the
 * error, and the claim that the table is the same as before and that nobody was woken.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OPERATIONS } from '../src/operations.ts';
import { startApi, type TestApi } from './support/api.ts';

const SECRET = 'hunter2-do-not-tell';
const NAME_PATTERN = '[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}';
const MODEL_NAME_PATTERN = '[a-zA-Z0-9]([\\-a-zA-Z0-9]*[a-zA-Z0-9])?';
const URL_PATTERN = '(https|s3)://([^/]+)/?(.*)';
const TAG_PATTERN = '([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)';
const ROLE_PATTERN = 'arn:aws[a-z\\-]*:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+';
const ARN_PATTERN = 'arn:aws[a-z-]*:sagemaker:[a-z0-9-]*:[0-9]{12}:.+';
const INSTANCE_PATTERN = 'ml\\.[a-z0-9-]+\\.[a-z0-9]+';
const UNKNOWN =
  'Member is not part of the SageMaker API. Remove it, or check its spelling: names begin with a capital letter';

const regex = (pattern: string) => `Member must satisfy regular expression pattern: ${pattern}`;
const atMost = (length: number) => `Member must have length less than or equal to ${length}`;
const atLeast = (length: number) => `Member must have length greater than or equal to ${length}`;
const valueAtMost = (value: number) => `Member must have value less than or equal to ${value}`;
const valueAtLeast = (value: number) => `Member must have value greater than or equal to ${value}`;
const oneOf = (...values: string[]) => `Member must satisfy enum value set: [${values.join(', ')}]`;
const REQUIRED = 'Member must not be null';
const UNKEPT = 'Member is a word under which Headrace cannot keep a variant. Choose another name';
const unsupported = (instead: string) => `Member is not supported by Headrace: ${instead}`;
const only = (value: string, instead: string) =>
  `Member is supported only as ${value} by Headrace: ${instead}`;
const ENVIRONMENT_KEYS = `Map keys must satisfy constraint: [${atMost(1024)}, ${atLeast(0)}, ${regex('[a-zA-Z_][a-zA-Z0-9_]*')}]`;
const ENVIRONMENT_VALUES = `Map value must satisfy constraint: [${atMost(1024)}, ${atLeast(0)}, ${regex('[\\S\\s]*')}]`;

/** One violation; `value` as it is shown, null for none. */
function violation(value: string | null, at: string, constraint: string): string {
  const shown = value === null ? 'null' : `'${value}'`;
  return `Value ${shown} at '${at}' failed to satisfy constraint: ${constraint}`;
}

function allRefused(...violations: string[]): string {
  return `${violations.length} validation errors detected: ${violations.join('; ')}`;
}

function refused(value: string | null, at: string, constraint: string): string {
  return `1 validation error detected: ${violation(value, at, constraint)}`;
}

const NOT_SHOWN = '(not shown)';
const unknown = (at: string) => refused(NOT_SHOWN, at, UNKNOWN);

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

const arn = (resource: string) => `arn:aws:sagemaker:us-east-1:123456789012:${resource}`;
const shownLong = (text: string) => `${text.slice(0, 256)}…`;

type Members = Record<string, unknown>;

function container(more: Members = {}): Members {
  return { Image: 'registry.example/stage:1', Environment: { PASSWORD: SECRET }, ...more };
}

const model = (more: Members = {}): Members => ({
  ModelName: 'new',
  Containers: [container(), container()],
  ...more,
});

const primary = (more: Members): Members => ({
  ModelName: 'new',
  PrimaryContainer: container(more),
});

const s3Source = (more: Members = {}): Members => ({
  S3DataSource: {
    S3Uri: 's3://bucket/model/',
    S3DataType: 'S3Prefix',
    CompressionType: 'None',
    ...more,
  },
});

const variant = (more: Members = {}): Members => ({
  VariantName: 'AllTraffic',
  ModelName: 'there',
  InitialInstanceCount: 1,
  InstanceType: 'ml.c5.large',
  ...more,
});

const endpointConfig = (more: Members = {}): Members => ({
  EndpointConfigName: 'new',
  ProductionVariants: [variant()],
  ...more,
});

const inVariant = (more: Members): Members =>
  endpointConfig({ ProductionVariants: [variant(more)] });

const environmentOf = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, position) => [`K${position}`, 'v']));

const tagsOf = (count: number) =>
  Array.from({ length: count }, (_, position) => ({ Key: `k${position}`, Value: '' }));

interface Row {
  what: string;
  members: unknown;
  message: string;
  /** ValidationException when not given. */
  code?: string;
}

let api: TestApi;
let before: Record<string, unknown>[];

beforeAll(async () => {
  api = await startApi();
  await accepted('CreateModel', model({ ModelName: 'there' }));
  await accepted('CreateEndpointConfig', endpointConfig({ EndpointConfigName: 'there' }));
  for (const EndpointName of ['creating', 'serving', 'deleting', 'failed']) {
    await accepted('CreateEndpoint', { EndpointName, EndpointConfigName: 'there' });
  }
  await accepted('AddTags', { ResourceArn: arn('model/there'), Tags: tagsOf(50) });
  await api.putEndpoint('serving', { status: 'InService' });
  await api.putEndpoint('deleting', { status: 'Deleting' });
  await api.putEndpoint('failed', { status: 'Failed', failureReason: 'It did not start.' });
});

beforeEach(async () => {
  before = await api.dump();
  api.woken.length = 0;
});

afterAll(() => api.close());

async function accepted(operation: string, members: Members): Promise<void> {
  const answer = await api.call(operation, members);
  expect(answer.body).not.toHaveProperty('message');
  expect(answer.status).toBe(200);
}

async function expectNothingChanged(): Promise<void> {
  expect(await api.dump()).toEqual(before);
  expect(api.woken).toEqual([]);
}

function refuses(operation: string, rows: Row[]): void {
  describe(operation, () => {
    it.each(rows.map((row) => [row.what, row] as const))('%s', async (_, row) => {
      const { members, message, code = 'ValidationException' } = row;
      const answer = await api.call(operation, members);

      expect(answer.body).toEqual({ __type: code, message, Message: message });
      expect(answer.status).toBe(400);
      expect(answer.headers).toMatchObject({
        'Content-Type': 'application/x-amz-json-1.1',
        'x-amzn-ErrorType': code,
        'x-amzn-RequestId': 'request-1',
      });
      expect(JSON.stringify(answer)).not.toContain(SECRET);
      await expectNothingChanged();
    });
  });
}

const LONG_NAME = 'n'.repeat(64);

/** What every operation that takes a name says of a bad one. */
function badNames(member: string, pattern: string, others: Members = {}): Row[] {
  const at = member.charAt(0).toLowerCase() + member.slice(1);
  const row = (what: string, name: unknown, message: string): Row => ({
    what: `${member} ${what}`,
    members: { ...others, [member]: name },
    message,
  });
  return [
    row('missing', undefined, refused(null, at, REQUIRED)),
    row('null', null, refused(null, at, REQUIRED)),
    row('empty', '', refused('', at, regex(pattern))),
    row('of 64 characters', LONG_NAME, refused(LONG_NAME, at, atMost(63))),
    row('with an underscore', 'a_b', refused('a_b', at, regex(pattern))),
    row('that ends in a hyphen', 'a-', refused('a-', at, regex(pattern))),
    row('with a line break at its end', 'a\n', refused('a\n', at, regex(pattern))),
    row('that is a number', 7, refused('7', at, 'Member must be a string')),
  ];
}

function row(what: string, members: unknown, message: string, code?: string): Row {
  return { what, members, message, ...(code !== undefined && { code }) };
}

const USE_ONE_OF = 'Use PrimaryContainer for one container, or Containers for a pipeline.';
const STAGE = 'primaryContainer';
const SOURCE = 'primaryContainer.modelDataSource.s3DataSource';

/** A primary container whose only stage differs in one member, and what is said of that member. */
const ofStage = (what: string, more: Members, at: string, value: string | null, rule: string) =>
  row(what, primary(more), refused(value, `${STAGE}.${at}`, rule));

const ofSource = (what: string, more: Members, at: string, value: string | null, rule: string) =>
  row(what, primary({ ModelDataSource: s3Source(more) }), refused(value, `${SOURCE}.${at}`, rule));

refuses('CreateModel', [
  ...badNames('ModelName', MODEL_NAME_PATTERN, { PrimaryContainer: container() }),
  row(
    'a name that is taken',
    model({ ModelName: 'there' }),
    `Cannot create already existing model "${arn('model/there')}".`,
  ),
  row(
    'neither PrimaryContainer nor Containers',
    { ModelName: 'new' },
    `Neither PrimaryContainer nor Containers is given. ${USE_ONE_OF}`,
  ),
  row(
    'no container in Containers',
    model({ Containers: [] }),
    `Neither PrimaryContainer nor Containers is given. ${USE_ONE_OF}`,
  ),
  row(
    'both PrimaryContainer and Containers',
    model({ PrimaryContainer: container() }),
    `Both PrimaryContainer and Containers are given. ${USE_ONE_OF}`,
  ),
  row(
    'six containers, one more than the stack takes',
    model({ Containers: Array.from({ length: 6 }, () => container()) }),
    'Containers has 6 members; this stack takes at most 5 per model. Join stages, or raise maxContainers in headrace.config.yml (on a laptop HEADRACE_MAX_CONTAINERS).',
    'ResourceLimitExceeded',
  ),
  row(
    'sixteen containers, one more than SageMaker takes',
    model({ Containers: Array.from({ length: 16 }, () => container()) }),
    refused('a list of 16', 'containers', atMost(15)),
  ),
  row(
    'Containers that is a structure',
    model({ Containers: { Image: 'i' } }),
    refused('Image', 'containers', 'Member must be a list'),
  ),
  row(
    'a container that is a text',
    model({ Containers: ['image'] }),
    refused('image', 'containers.1.member', 'Member must be a structure'),
  ),
  row(
    'a container without an image, named by its position',
    model({ Containers: [container(), container({ Image: undefined })] }),
    refused(null, 'containers.2.member.image', REQUIRED),
  ),
  ofStage('an image with a space', { Image: 'a b' }, 'image', 'a b', regex('[\\S]+')),
  ofStage('a long image', { Image: 'i'.repeat(256) }, 'image', 'i'.repeat(256), atMost(255)),
  ofStage(
    'an image that is a folder, which only a laptop has',
    { Image: 'file:stages/one' },
    'image',
    'file:stages/one',
    'Member must name an image in a registry; file: images run on a laptop only',
  ),
  ofStage(
    'a host name with a dot',
    { ContainerHostname: 'a.b' },
    'containerHostname',
    'a.b',
    regex(NAME_PATTERN),
  ),
  ofStage(
    'a host name of 64 characters',
    { ContainerHostname: LONG_NAME },
    'containerHostname',
    LONG_NAME,
    atMost(63),
  ),
  row(
    'a host name on one container of two',
    model({ Containers: [container({ ContainerHostname: 'a' }), container()] }),
    'ContainerHostname is set on some containers and missing on others. Set it on all of them, or on none.',
  ),
  row(
    'a host name given twice',
    model({
      Containers: ['a', 'b', 'a'].map((ContainerHostname) => container({ ContainerHostname })),
    }),
    'ContainerHostname "a" is given to more than one container. Each must be unique within the model.',
  ),
  row(
    'Direct without host names',
    model({ InferenceExecutionConfig: { Mode: 'Direct' } }),
    'InferenceExecutionConfig Mode Direct needs a ContainerHostname on every container.',
  ),
  row(
    'an unknown Mode',
    model({ InferenceExecutionConfig: { Mode: 'Parallel' } }),
    refused('Parallel', 'inferenceExecutionConfig.mode', oneOf('Serial', 'Direct')),
  ),
  row(
    'InferenceExecutionConfig without a Mode',
    model({ InferenceExecutionConfig: {} }),
    refused(null, 'inferenceExecutionConfig.mode', REQUIRED),
  ),
  ofStage(
    'an environment of 101 entries',
    { Environment: environmentOf(101) },
    'environment',
    shownLong(Object.keys(environmentOf(101)).join(', ')),
    atMost(100),
  ),
  ...['a-b', '', '1K', 'K'.repeat(1025)].map((key) =>
    ofStage(
      `the environment key "${key.slice(0, 4)}" of ${key.length} characters`,
      { Environment: { [key]: SECRET } },
      'environment',
      key.length > 256 ? shownLong(key) : key,
      ENVIRONMENT_KEYS,
    ),
  ),
  ofStage(
    'an environment key that JavaScript takes for itself',
    { Environment: JSON.parse(`{"__proto__":"${SECRET}"}`) },
    'environment',
    '__proto__',
    'Map key __proto__ cannot be kept',
  ),
  ...[SECRET.padEnd(1025), { nested: SECRET }, 8080, true].map((value) =>
    ofStage(
      `an environment value that is a long text or none at all: ${typeof value}`,
      { Environment: { K: value } },
      'environment',
      'K',
      ENVIRONMENT_VALUES,
    ),
  ),
  row(
    'environments of 32 KB and one byte together',
    model({
      Containers: [0, 1].map((position) => ({
        Image: 'i',
        // 16 entries of 1 + 1023 bytes make 16 KB; ü is two bytes.
        Environment: Object.fromEntries(
          Array.from('abcdefghijklmnop', (key) => [
            key,
            'ü'.repeat(511) + (position === 1 && key === 'a' ? 'vw' : 'v'),
          ]),
        ),
      })),
    }),
    'Environment of all containers together is 32769 bytes; it must be at most 32768.',
  ),
  ofStage(
    'a ModelDataUrl that is no URL',
    { ModelDataUrl: 'model.tar.gz' },
    'modelDataUrl',
    'model.tar.gz',
    regex(URL_PATTERN),
  ),
  ofStage(
    'a ModelDataUrl over https',
    { ModelDataUrl: 'https://bucket.s3.amazonaws.com/m' },
    'modelDataUrl',
    'https://bucket.s3.amazonaws.com/m',
    'Member must be an s3:// URL',
  ),
  ofStage(
    'a ModelDataUrl of 1025 characters',
    { ModelDataUrl: 's3://b/'.padEnd(1025, 'k') },
    'modelDataUrl',
    shownLong('s3://b/'.padEnd(1025, 'k')),
    atMost(1024),
  ),
  ofStage(
    'a ModelDataUrl of a megabyte, without hours in its pattern',
    { ModelDataUrl: `s3://${'a'.repeat(900_000)}/\n` },
    'modelDataUrl',
    shownLong(`s3://${'a'.repeat(900_000)}`),
    atMost(1024),
  ),
  ofStage(
    'both ModelDataUrl and ModelDataSource',
    { ModelDataUrl: 's3://bucket/model.tar.gz', ModelDataSource: s3Source() },
    'modelDataSource',
    'S3DataSource',
    'Member must not be given together with ModelDataUrl',
  ),
  ofStage(
    'a ModelDataSource without an S3DataSource',
    { ModelDataSource: {} },
    'modelDataSource.s3DataSource',
    null,
    REQUIRED,
  ),
  ofSource(
    'an S3Prefix without the slash at its end',
    { S3Uri: 's3://bucket/model' },
    's3Uri',
    's3://bucket/model',
    'Member must end in "/" for S3Prefix',
  ),
  ofSource(
    'an S3Uri over https',
    { S3Uri: 'https://bucket/model/' },
    's3Uri',
    'https://bucket/model/',
    'Member must be an s3:// URL',
  ),
  ...['s3://bucket', 's3://bucket/', 's3://bucket/model/'].flatMap((url) => [
    ofStage(
      `the ModelDataUrl ${url}, which names no object`,
      { ModelDataUrl: url },
      'modelDataUrl',
      url,
      'Member must name an object, such as s3://bucket/model.tar.gz',
    ),
    ofSource(
      `the S3Uri ${url}, which names no object`,
      { S3Uri: url, S3DataType: 'S3Object' },
      's3Uri',
      url,
      'Member must name an object for S3Object',
    ),
  ]),
  ofSource(
    'an unknown S3DataType',
    { S3DataType: 'ManifestFile' },
    's3DataType',
    'ManifestFile',
    oneOf('S3Prefix', 'S3Object'),
  ),
  ofSource(
    'an unknown CompressionType',
    { CompressionType: 'Zip' },
    'compressionType',
    'Zip',
    oneOf('None', 'Gzip'),
  ),
  ofSource(
    'a ModelDataSource without CompressionType',
    { CompressionType: undefined },
    'compressionType',
    null,
    REQUIRED,
  ),
  ...Object.entries({
    ModelAccessConfig: 'copy the model into a bucket of yours first',
    HubAccessConfig: 'copy the model into a bucket of yours first',
    ManifestS3Uri: 'use an S3Prefix that holds just the files of the model',
    ETag: 'name the object by a key that does not change',
    ManifestEtag: 'name the object by a key that does not change',
  }).map(([member, instead]) =>
    ofSource(
      `${member}, which is not supported`,
      { [member]: 'x' },
      lowerFirst(member),
      'x',
      unsupported(instead),
    ),
  ),
  ...Object.entries({
    ImageConfig: "the image is pulled with the stack's execution role; use ECR",
    AdditionalModelDataSources: 'put all files under one S3Prefix in ModelDataSource',
    ModelPackageName: "name the package's Image and ModelDataUrl instead",
    InferenceSpecificationName: "name the package's Image and ModelDataUrl instead",
    MultiModelConfig: 'give each model a stage of its own',
    ContainerMetricsConfig: 'publish the metrics from the container itself',
  }).map(([member, instead]) =>
    ofStage(
      `${member}, which is not supported`,
      { [member]: 'x' },
      lowerFirst(member),
      'x',
      unsupported(instead),
    ),
  ),
  ofStage(
    'Mode MultiModel',
    { Mode: 'MultiModel' },
    'mode',
    'MultiModel',
    only('SingleModel', 'give each model a stage of its own'),
  ),
  row(
    'VpcConfig, which is not supported',
    model({ VpcConfig: { Subnets: ['s-1'], SecurityGroupIds: ['g-1'] } }),
    refused(
      'Subnets, SecurityGroupIds',
      'vpcConfig',
      unsupported("tasks run in the stack's own VPC; set its subnets there"),
    ),
  ),
  row(
    'network isolation',
    model({ EnableNetworkIsolation: true }),
    refused(
      'true',
      'enableNetworkIsolation',
      only('false', "limit the tasks by the stack's security groups"),
    ),
  ),
  row(
    'a role that is no role',
    model({ ExecutionRoleArn: 'arn:aws:iam::123456789012:user/me' }),
    refused('arn:aws:iam::123456789012:user/me', 'executionRoleArn', regex(ROLE_PATTERN)),
  ),
  row(
    'a role that is too short and no ARN: two violations',
    model({ ExecutionRoleArn: 'admin' }),
    allRefused(
      violation('admin', 'executionRoleArn', atLeast(20)),
      violation('admin', 'executionRoleArn', regex(ROLE_PATTERN)),
    ),
  ),
  row('51 tags', model({ Tags: tagsOf(51) }), refused('a list of 51', 'tags', atMost(50))),
  row(
    'a tag key of 129 characters',
    model({ Tags: [{ Key: 'k'.repeat(129), Value: '' }] }),
    refused('k'.repeat(129), 'tags.1.member.key', atMost(128)),
  ),
  row(
    'a tag with an empty key',
    model({ Tags: [{ Key: '', Value: '' }] }),
    refused('', 'tags.1.member.key', atLeast(1)),
  ),
  row(
    'a tag key that JavaScript takes for itself',
    model({ Tags: [{ Key: '__proto__', Value: '' }] }),
    refused('__proto__', 'tags.1.member.key', 'Tag key __proto__ cannot be kept'),
  ),
  row(
    'a tag without a value',
    model({ Tags: [{ Key: 'team' }] }),
    refused(null, 'tags.1.member.value', REQUIRED),
  ),
  row(
    'a tag value of 257 characters',
    model({ Tags: [{ Key: 'k', Value: 'v'.repeat(257) }] }),
    refused(shownLong('v'.repeat(257)), 'tags.1.member.value', atMost(256)),
  ),
  row(
    'a tag with an exclamation mark',
    model({ Tags: [{ Key: 'hot!', Value: '' }] }),
    refused('hot!', 'tags.1.member.key', regex(TAG_PATTERN)),
  ),
  row(
    'a misspelled member',
    model({ ExecutionRole: 'arn:aws:iam::123456789012:role/r' }),
    unknown('executionRole'),
  ),
  row(
    'members by the names of JavaScript',
    JSON.parse('{"ModelName":"new","constructor":1,"__proto__":2}'),
    allRefused(
      violation(NOT_SHOWN, 'constructor', UNKNOWN),
      violation(NOT_SHOWN, '__proto__', UNKNOWN),
    ),
  ),
  row(
    'everything at once, each in its place',
    {
      ModelName: '-',
      Containers: [container({ Image: '' }), container({ Mode: 'MultiModel' })],
      Colour: 'red',
    },
    allRefused(
      violation('-', 'modelName', regex(MODEL_NAME_PATTERN)),
      violation('', 'containers.1.member.image', regex('[\\S]+')),
      violation(
        'MultiModel',
        'containers.2.member.mode',
        only('SingleModel', 'give each model a stage of its own'),
      ),
      violation(NOT_SHOWN, 'colour', UNKNOWN),
    ),
  ),
]);

describe('a secret', () => {
  const lowerCase = { environment: { PASSWORD: SECRET } };

  it.each([
    ['a misspelled environment', primary({ Enviroment: { PASSWORD: SECRET } })],
    ['an environment in lower case', { ModelName: 'new', primaryContainer: lowerCase }],
    ['an environment in the way of ECS', primary({ Environment: [{ name: 'P', value: SECRET }] })],
    ['an environment as lines of text', primary({ Environment: `PASSWORD=${SECRET}` })],
    ['an environment as a list of lines', primary({ Environment: [`PASSWORD=${SECRET}`] })],
    ['a container in a list', { ModelName: 'new', PrimaryContainer: [container()] }],
    ['containers in a structure', model({ Containers: { one: container(lowerCase) } })],
    ['a variable beside the environment', primary({ PASSWORD: SECRET })],
    ['too many containers', model({ Containers: Array.from({ length: 16 }, () => container()) })],
    ['a container as a variant', endpointConfig({ ProductionVariants: [container()] })],
  ])('is not told by the refusal of %s', async (_, members) => {
    const operation = 'EndpointConfigName' in members ? 'CreateEndpointConfig' : 'CreateModel';

    const answer = await api.call(operation, members);

    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain('detected');
    expect(JSON.stringify(answer)).not.toContain(SECRET);
    await expectNothingChanged();
  });

  it.each([
    ['without its quotes', `{"Environment":{"PASSWORD":${SECRET}}}`],
    ['cut short', `{"Environment":{"PASSWORD":"${SECRET}`],
    ['with a second comma', `{"Environment":{"PASSWORD":"${SECRET}",,}}`],
    ['all there is', SECRET],
  ])('is not told by the refusal of a body that is no JSON, %s', async (_, body) => {
    const headers = { 'X-Amz-Target': 'SageMaker.CreateModel' };

    const answer = await api.send({ headers, body });

    expect(answer.body.__type).toBe('SerializationException');
    expect(answer.body.message).toMatch(/^The body is not JSON/);
    expect(JSON.stringify(answer)).not.toContain(SECRET.slice(0, 5));
  });
});

refuses('DescribeModel', [
  ...badNames('ModelName', MODEL_NAME_PATTERN),
  row(
    'a model that is not there',
    { ModelName: 'Missing' },
    `Could not find model "${arn('model/Missing')}".`,
  ),
]);

refuses('DeleteModel', [
  ...badNames('ModelName', MODEL_NAME_PATTERN),
  row(
    'a model that is not there',
    { ModelName: 'missing' },
    `Could not find model "${arn('model/missing')}".`,
  ),
  row('a member too many', { ModelName: 'there', Force: true }, unknown('force')),
]);

const VARIANT = 'productionVariants.1.member';

const ofVariant = (what: string, more: Members, at: string, value: string | null, rule: string) =>
  row(what, inVariant(more), refused(value, `${VARIANT}.${at}`, rule));

refuses('CreateEndpointConfig', [
  ...badNames('EndpointConfigName', NAME_PATTERN, { ProductionVariants: [variant()] }),
  row(
    'a name that is taken',
    endpointConfig({ EndpointConfigName: 'there' }),
    `Cannot create already existing endpoint configuration "${arn('endpoint-config/there')}".`,
  ),
  row(
    'no variants',
    endpointConfig({ ProductionVariants: [] }),
    refused('a list of 0', 'productionVariants', atLeast(1)),
  ),
  row(
    'ProductionVariants missing',
    { EndpointConfigName: 'new' },
    refused(null, 'productionVariants', REQUIRED),
  ),
  row(
    'eleven variants',
    endpointConfig({ ProductionVariants: Array.from({ length: 11 }, () => variant()) }),
    refused('a list of 11', 'productionVariants', atMost(10)),
  ),
  row(
    'two variants of one name',
    endpointConfig({ ProductionVariants: [variant(), variant()] }),
    'VariantName "AllTraffic" is given to more than one production variant. Each must be unique within the endpoint configuration.',
  ),
  row(
    'a model that is not there',
    inVariant({ ModelName: 'missing' }),
    `Could not find model "${arn('model/missing')}".`,
  ),
  ...(
    [
      ['ModelName', undefined, REQUIRED],
      ['VariantName', 'a_b', regex(NAME_PATTERN)],
      ['VariantName', LONG_NAME, atMost(63)],
      ['VariantName', 'constructor', UNKEPT],
      ['InitialInstanceCount', undefined, REQUIRED],
      ['InitialInstanceCount', 0, valueAtLeast(1)],
      ['InitialInstanceCount', 1001, valueAtMost(1000)],
      ['InitialInstanceCount', 1.5, 'Member must be a whole number'],
      ['InitialInstanceCount', '1', 'Member must be a whole number'],
      ['InstanceType', 'c5.large', regex(INSTANCE_PATTERN)],
      ['InstanceType', 'ml.p5.48xlarge', oneOf('ml.c5.large', 'ml.m5.xlarge')],
      ['InitialVariantWeight', -0.1, valueAtLeast(0)],
      ['InitialVariantWeight', 1e300, valueAtMost(1_000_000)],
      ['InitialVariantWeight', 'half', 'Member must be a number'],
      ['ModelDataDownloadTimeoutInSeconds', 59, valueAtLeast(60)],
      ['ModelDataDownloadTimeoutInSeconds', 3601, valueAtMost(3600)],
      ['ContainerStartupHealthCheckTimeoutInSeconds', 59, valueAtLeast(60)],
      ['ContainerStartupHealthCheckTimeoutInSeconds', 3601, valueAtMost(3600)],
      ['VariantInstanceProvisionTimeoutInSeconds', 299, valueAtLeast(300)],
      ['VariantInstanceProvisionTimeoutInSeconds', 3601, valueAtMost(3600)],
      ['EnableSSMAccess', true, only('false', 'use ECS Exec on the task')],
    ] as const
  ).map(([member, value, rule]) =>
    ofVariant(
      `${member} ${value}`,
      { [member]: value },
      lowerFirst(member),
      value === undefined ? null : String(value),
      rule,
    ),
  ),
  ofVariant(
    'an unknown RoutingStrategy',
    { RoutingConfig: { RoutingStrategy: 'ROUND_ROBIN' } },
    'routingConfig.routingStrategy',
    'ROUND_ROBIN',
    oneOf('LEAST_OUTSTANDING_REQUESTS', 'RANDOM'),
  ),
  ofVariant(
    'PrefixAwareRoutingConfig, which is not supported',
    { RoutingConfig: { RoutingStrategy: 'RANDOM', PrefixAwareRoutingConfig: { PrefixLength: 1 } } },
    'routingConfig.prefixAwareRoutingConfig',
    'PrefixLength',
    unsupported('use RoutingStrategy LEAST_OUTSTANDING_REQUESTS'),
  ),
  ...Object.entries({
    ServerlessConfig: 'use InstanceType and InitialInstanceCount: a pipeline runs on instances',
    InstancePools: 'use one InstanceType per variant, and several variants',
    ManagedInstanceScaling: 'set InitialInstanceCount',
    AcceleratorType: 'choose an InstanceType with an accelerator',
    CoreDumpConfig: 'write core dumps from the container itself',
    VolumeSizeInGB: "the instance's own disk is used; size it in the stack",
    InferenceAmiVersion: "the stack's launch template names the AMI",
    CapacityReservationConfig: "reserve capacity for the stack's Auto Scaling groups",
  }).map(([member, instead]) =>
    ofVariant(
      `${member}, which is not supported`,
      { [member]: 'x' },
      lowerFirst(member),
      'x',
      unsupported(instead),
    ),
  ),
  ...Object.entries({
    AsyncInferenceConfig: 'pipelines answer while the caller waits',
    ExplainerConfig: 'explain in a stage of your own',
    ShadowProductionVariants: 'send a share of traffic to a second variant',
    KmsKeyId: "encrypt the disks in the stack's launch template",
    ExecutionRoleArn: 'set ExecutionRoleArn on the model',
    VpcConfig: "tasks run in the stack's own VPC; set its subnets there",
    MetricsConfig: 'every answer carries its times in the Server-Timing header',
  }).map(([member, instead]) =>
    row(
      `${member}, which is not supported`,
      endpointConfig({ [member]: 'x' }),
      refused('x', lowerFirst(member), unsupported(instead)),
    ),
  ),
  ...(
    [
      [
        'a sampling of more than all',
        { InitialSamplingPercentage: 101 },
        'initialSamplingPercentage',
        '101',
        'Member must have value less than or equal to 100',
      ],
      [
        'no place for what is captured',
        { DestinationS3Uri: undefined },
        'destinationS3Uri',
        null,
        'Member must not be null',
      ],
      [
        'a place for what is captured that is not in S3',
        { DestinationS3Uri: 'https://a/b' },
        'destinationS3Uri',
        'https://a/b',
        'Member must be an s3:// URL',
      ],
      [
        'nothing to capture',
        { CaptureOptions: [] },
        'captureOptions',
        'a list of 0',
        'Member must have length greater than or equal to 1',
      ],
      [
        'CaptureStages, which is ours, by SageMaker’s API',
        { CaptureStages: true },
        'captureStages',
        NOT_SHOWN,
        UNKNOWN,
      ],
    ] as const
  ).map(([what, more, at, value, rule]) =>
    row(
      what,
      endpointConfig({
        DataCaptureConfig: {
          InitialSamplingPercentage: 1,
          DestinationS3Uri: 's3://b/p',
          CaptureOptions: [{ CaptureMode: 'Input' }],
          ...more,
        },
      }),
      refused(value, `dataCaptureConfig.${at}`, rule),
    ),
  ),
  row(
    'an unknown member of a variant',
    inVariant({ InstanceCount: 2 }),
    unknown(`${VARIANT}.instanceCount`),
  ),
]);

for (const operation of ['DescribeEndpointConfig', 'DeleteEndpointConfig']) {
  refuses(operation, [
    ...badNames('EndpointConfigName', NAME_PATTERN),
    {
      what: 'a configuration that is not there',
      members: { EndpointConfigName: 'missing' },
      message: `Could not find endpoint configuration "${arn('endpoint-config/missing')}".`,
    },
  ]);
}

refuses('CreateEndpoint', [
  ...badNames('EndpointName', NAME_PATTERN, { EndpointConfigName: 'there' }),
  ...badNames('EndpointConfigName', NAME_PATTERN, { EndpointName: 'new' }),
  {
    what: 'a configuration that is not there',
    members: { EndpointName: 'new', EndpointConfigName: 'missing' },
    message: `Could not find endpoint configuration "${arn('endpoint-config/missing')}".`,
  },
  {
    what: 'a canary without a size',
    members: {
      EndpointName: 'new',
      EndpointConfigName: 'there',
      DeploymentConfig: {
        BlueGreenUpdatePolicy: {
          TrafficRoutingConfiguration: { Type: 'CANARY', WaitIntervalInSeconds: 0 },
        },
      },
    },
    message: refused(
      null,
      'deploymentConfig.blueGreenUpdatePolicy.trafficRoutingConfiguration.canarySize',
      REQUIRED,
    ),
  },
  ...['creating', 'serving', 'deleting', 'failed'].map((EndpointName) => ({
    what: `a name that is taken by one that is ${EndpointName}`,
    members: { EndpointName, EndpointConfigName: 'there' },
    message: `Cannot create already existing endpoint "${arn(`endpoint/${EndpointName}`)}".`,
  })),
]);

const update = (EndpointName: string, more: Members = {}): Members => ({
  EndpointName,
  EndpointConfigName: 'there',
  ...more,
});

refuses('UpdateEndpoint', [
  ...badNames('EndpointName', NAME_PATTERN, { EndpointConfigName: 'there' }),
  row(
    'an endpoint that is not there',
    update('missing'),
    `Could not find endpoint "${arn('endpoint/missing')}".`,
  ),
  ...['creating', 'deleting'].map((name) =>
    row(
      `an endpoint that is ${name}`,
      update(name, { EndpointConfigName: 'other' }),
      `Cannot update in-progress endpoint "${arn(`endpoint/${name}`)}".`,
    ),
  ),
  row(
    'an endpoint that has failed',
    update('failed', { EndpointConfigName: 'other' }),
    `Cannot update endpoint "${arn('endpoint/failed')}" in status Failed. Delete it and create it anew.`,
  ),
  row(
    'the configuration that is in use',
    update('serving'),
    'Cannot update endpoint with the currently in use endpoint configuration.',
  ),
  row(
    'a configuration that is not there',
    update('serving', { EndpointConfigName: 'missing' }),
    `Could not find endpoint configuration "${arn('endpoint-config/missing')}".`,
  ),
  row(
    'properties to exclude from nothing',
    update('serving', {
      EndpointConfigName: 'other',
      ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DesiredWeight' }],
    }),
    'ExcludeRetainedVariantProperties is given without RetainAllVariantProperties: there is nothing to exclude from.',
  ),
  row(
    'a policy of both kinds',
    update('serving', {
      EndpointConfigName: 'other',
      DeploymentConfig: {
        BlueGreenUpdatePolicy: {
          TrafficRoutingConfiguration: { Type: 'ALL_AT_ONCE', WaitIntervalInSeconds: 0 },
        },
        RollingUpdatePolicy: {
          MaximumBatchSize: { Type: 'INSTANCE_COUNT', Value: 1 },
          WaitIntervalInSeconds: 0,
        },
      },
    }),
    refused(
      'MaximumBatchSize, WaitIntervalInSeconds',
      'deploymentConfig.rollingUpdatePolicy',
      'Member must not be given together with BlueGreenUpdatePolicy',
    ),
  ),
  row(
    'a flag as text',
    update('serving', { RetainAllVariantProperties: 'yes' }),
    refused('yes', 'retainAllVariantProperties', 'Member must be true or false'),
  ),
]);

const desired = (EndpointName: string, more: Members = {}): Members => ({
  EndpointName,
  DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', DesiredWeight: 1, ...more }],
});

refuses('UpdateEndpointWeightsAndCapacities', [
  row(
    'an endpoint that is not there',
    desired('missing'),
    `Could not find endpoint "${arn('endpoint/missing')}".`,
  ),
  ...['creating', 'deleting'].map((name) =>
    row(
      `an endpoint that is ${name}`,
      desired(name),
      `Cannot update in-progress endpoint "${arn(`endpoint/${name}`)}".`,
    ),
  ),
  row(
    'an endpoint that has failed',
    desired('failed'),
    `Cannot update endpoint "${arn('endpoint/failed')}" in status Failed. Delete it and create it anew.`,
  ),
  row(
    'no variant',
    { EndpointName: 'serving', DesiredWeightsAndCapacities: [] },
    refused('a list of 0', 'desiredWeightsAndCapacities', atLeast(1)),
  ),
  row(
    'a variant that is not there',
    desired('serving', { VariantName: 'other' }),
    'The endpoint has no variant "other". It has: AllTraffic.',
  ),
  ...(
    [
      ['VariantName', undefined, REQUIRED],
      ['VariantName', 'constructor', UNKEPT],
      ['DesiredWeight', -1, valueAtLeast(0)],
      ['DesiredWeight', 1e300, valueAtMost(1_000_000)],
      ['DesiredInstanceCount', -1, valueAtLeast(0)],
      ['DesiredInstanceCount', 1001, valueAtMost(1000)],
    ] as const
  ).map(([member, value, rule]) =>
    row(
      `${member} ${value}`,
      desired('serving', { [member]: value }),
      refused(
        value === undefined ? null : String(value),
        `desiredWeightsAndCapacities.1.member.${lowerFirst(member)}`,
        rule,
      ),
    ),
  ),
  row(
    'ServerlessUpdateConfig, which is not supported',
    desired('serving', { ServerlessUpdateConfig: { MaxConcurrency: 1 } }),
    refused(
      'MaxConcurrency',
      'desiredWeightsAndCapacities.1.member.serverlessUpdateConfig',
      unsupported('a pipeline runs on instances; set DesiredInstanceCount'),
    ),
  ),
]);

refuses('DescribeEndpoint', [
  ...badNames('EndpointName', NAME_PATTERN),
  {
    what: 'an endpoint that is not there',
    members: { EndpointName: 'missing' },
    message: `Could not find endpoint "${arn('endpoint/missing')}".`,
  },
]);

refuses('DeleteEndpoint', [
  ...badNames('EndpointName', NAME_PATTERN),
  {
    what: 'an endpoint that is not there',
    members: { EndpointName: 'missing' },
    message: `Could not find endpoint "${arn('endpoint/missing')}".`,
  },
  ...['creating', 'deleting'].map((EndpointName) => ({
    what: `an endpoint that is ${EndpointName}`,
    members: { EndpointName },
    message: `Cannot update in-progress endpoint "${arn(`endpoint/${EndpointName}`)}".`,
  })),
]);

for (const operation of ['DescribeTransformJob', 'StopTransformJob']) {
  refuses(operation, [
    row(
      'a job that is not there',
      { TransformJobName: 'missing' },
      'Could not find requested job with name: missing',
    ),
  ]);
}

const BAD_TOKEN =
  'Invalid pagination token because "it does not belong to this listing". Send the NextToken of the last answer with the same filters and order, or none to begin again.';

const tokenOf = (content: unknown) => Buffer.from(JSON.stringify(content)).toString('base64url');

for (const operation of ['ListModels', 'ListEndpointConfigs', 'ListEndpoints']) {
  refuses(operation, [
    {
      what: 'MaxResults 0',
      members: { MaxResults: 0 },
      message: refused('0', 'maxResults', valueAtLeast(1)),
    },
    {
      what: 'MaxResults 101',
      members: { MaxResults: 101 },
      message: refused('101', 'maxResults', valueAtMost(100)),
    },
    {
      what: 'MaxResults as text',
      members: { MaxResults: 'all' },
      message: refused('all', 'maxResults', 'Member must be a whole number'),
    },
    {
      what: 'an unknown SortBy',
      members: { SortBy: 'Size' },
      message: refused(
        'Size',
        'sortBy',
        operation === 'ListEndpoints'
          ? oneOf('Name', 'CreationTime', 'Status')
          : oneOf('Name', 'CreationTime'),
      ),
    },
    {
      what: 'an unknown SortOrder',
      members: { SortOrder: 'Down' },
      message: refused('Down', 'sortOrder', oneOf('Ascending', 'Descending')),
    },
    {
      what: 'NameContains with a star',
      members: { NameContains: 'a*' },
      message: refused('a*', 'nameContains', regex('[a-zA-Z0-9-]+')),
    },
    {
      what: 'NameContains of 64 characters',
      members: { NameContains: LONG_NAME },
      message: refused(LONG_NAME, 'nameContains', atMost(63)),
    },
    {
      what: 'a time as text',
      members: { CreationTimeAfter: '2026-11-22' },
      message: refused(
        '2026-11-22',
        'creationTimeAfter',
        'Member must be a time in seconds since 1970-01-01',
      ),
    },
    {
      what: 'a NextToken that is too long',
      members: { NextToken: 't'.repeat(8193) },
      message: refused(shownLong('t'.repeat(8193)), 'nextToken', atMost(8192)),
    },
    ...(
      [
        ['no token at all', 'again'],
        ['null', tokenOf(null)],
        ['a token without a key', tokenOf(['listing', null])],
        ['a token of another listing', tokenOf(['listing', { pk: 'p', sk: 's', kind: 'k' }])],
      ] as const
    ).map(([what, NextToken]) => ({
      what: `NextToken ${what}`,
      members: { NextToken },
      message: BAD_TOKEN,
    })),
  ]);
}

refuses('ListModels', [
  {
    what: 'a filter that only endpoints have',
    members: { StatusEquals: 'InService' },
    message: unknown('statusEquals'),
  },
]);

refuses('ListEndpoints', [
  {
    what: 'an unknown status',
    members: { StatusEquals: 'Sleeping' },
    message: refused(
      'Sleeping',
      'statusEquals',
      oneOf(
        'OutOfService',
        'Creating',
        'Updating',
        'SystemUpdating',
        'RollingBack',
        'InService',
        'Deleting',
        'Failed',
        'UpdateRollbackFailed',
      ),
    ),
  },
]);

/** What every operation that takes an ARN says of a bad one. */
function badArns(others: Members = {}): Row[] {
  const row = (what: string, ResourceArn: unknown, message: string) => ({
    what: `ResourceArn ${what}`,
    members: { ...others, ResourceArn },
    message,
  });
  const notOurs = (text: string) =>
    `Could not find a resource "${text}". Tags are kept for models, endpoint configurations, endpoints and transform jobs of account 123456789012 in us-east-1.`;
  const long = `${arn('model/')}${'n'.repeat(256)}`;
  const job = arn('processing-job/x');
  const elsewhere = 'arn:aws:sagemaker:eu-west-1:123456789012:model/there';
  const foreign = 'arn:aws:sagemaker:us-east-1:210987654321:model/there';
  return [
    row('missing', undefined, refused(null, 'resourceArn', REQUIRED)),
    row('that is but a name', 'there', refused('there', 'resourceArn', regex(ARN_PATTERN))),
    row('that is too long', long, refused(shownLong(long), 'resourceArn', atMost(256))),
    row('of another noun', job, notOurs(job)),
    row('in another region', elsewhere, notOurs(elsewhere)),
    row('of another account', foreign, notOurs(foreign)),
    ...[
      ['model/missing', 'model'],
      ['endpoint-config/missing', 'endpoint configuration'],
      ['endpoint/missing', 'endpoint'],
    ].map(([resource = '', noun]) =>
      row(
        `of ${resource}, which is not there`,
        arn(resource),
        `Could not find ${noun} "${arn(resource)}".`,
      ),
    ),
  ];
}

refuses('AddTags', [
  ...badArns({ Tags: [] }),
  {
    what: 'no Tags',
    members: { ResourceArn: arn('model/there') },
    message: refused(null, 'tags', REQUIRED),
  },
  {
    what: 'a tag with a member too many',
    members: { ResourceArn: arn('model/there'), Tags: [{ Key: 'k', Value: 'v', Note: 'n' }] },
    message: unknown('tags.1.member.note'),
  },
  {
    what: 'the 51st tag of a resource',
    members: { ResourceArn: arn('model/there'), Tags: [{ Key: 'one-more', Value: '' }] },
    code: 'ResourceLimitExceeded',
    message: 'The resource would have 51 tags; at most 50 are kept. Delete some first.',
  },
]);

refuses('ListTags', [
  ...badArns(),
  {
    what: 'MaxResults 49',
    members: { ResourceArn: arn('model/there'), MaxResults: 49 },
    message: refused('49', 'maxResults', valueAtLeast(50)),
  },
  {
    what: 'a NextToken',
    members: { ResourceArn: arn('model/there'), NextToken: 't' },
    message:
      'Invalid pagination token because "ListTags answers in one page". Leave NextToken out.',
  },
]);

refuses('DeleteTags', [
  ...badArns({ TagKeys: ['k'] }),
  {
    what: 'no TagKeys',
    members: { ResourceArn: arn('model/there') },
    message: refused(null, 'tagKeys', REQUIRED),
  },
  {
    what: 'an empty list of keys',
    members: { ResourceArn: arn('model/there'), TagKeys: [] },
    message: refused('a list of 0', 'tagKeys', atLeast(1)),
  },
  {
    what: '51 keys',
    members: { ResourceArn: arn('model/there'), TagKeys: tagsOf(51).map(({ Key }) => Key) },
    message: refused('a list of 51', 'tagKeys', atMost(50)),
  },
]);

describe('a request that is no request', () => {
  const SERVED = [...OPERATIONS.keys()].join(', ');
  const create = { 'X-Amz-Target': 'SageMaker.CreateModel' };

  it.each([
    {
      what: 'no X-Amz-Target',
      event: { body: '{}' },
      code: 'UnknownOperationException',
      message:
        'The X-Amz-Target header is missing. An AWS SDK sends it; with curl use the REST view, such as GET /models.',
    },
    {
      what: 'an operation that is not served',
      event: { headers: { 'x-amz-target': 'SageMaker.CreateTrainingJob' }, body: '{}' },
      code: 'UnknownOperationException',
      message: `The operation CreateTrainingJob is not served here. Served are: ${SERVED}.`,
    },
    {
      what: 'an operation by the name of a JavaScript method',
      event: { headers: { 'x-amz-target': 'SageMaker.constructor' }, body: '{}' },
      code: 'UnknownOperationException',
      message: `The operation constructor is not served here. Served are: ${SERVED}.`,
    },
    ...['[]', '"text"', '7', 'null', 'true'].map((body) => ({
      what: `the body ${body}`,
      event: { headers: create, body },
      code: 'SerializationException',
      message: 'The body is not a JSON object.',
    })),
    {
      what: 'a body nested 33 deep',
      event: { headers: create, body: `${'{"a":'.repeat(34)}1${'}'.repeat(34)}` },
      code: 'SerializationException',
      message: 'The body is nested too deeply.',
    },
    {
      what: 'a body nested a hundred thousand deep',
      event: { headers: create, body: `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}` },
      code: 'SerializationException',
      message: 'The body is nested too deeply.',
    },
    {
      what: 'a body of a mebibyte and a byte',
      event: { headers: create, body: ' '.repeat(1024 * 1024 + 1) },
      code: 'ValidationException',
      status: 413,
      message: 'HTTP content length exceeded 1048576 bytes.',
    },
  ])('is refused: $what', async ({ event, code, message, ...rest }) => {
    const answer = await api.send(event);

    expect(answer.body).toEqual({ __type: code, message, Message: message });
    expect(answer.status).toBe('status' in rest ? rest.status : 400);
    expect(answer.headers['x-amzn-ErrorType']).toBe(code);
    await expectNothingChanged();
  });

  it('says where the JSON breaks', async () => {
    const answer = await api.send({ headers: create, body: '{"ModelName" "new"}' });

    expect(answer.body).toMatchObject({
      __type: 'SerializationException',
      message: 'The body is not JSON: it breaks at position 13 (line 1 column 14).',
    });
  });
});

describe('the REST view', () => {
  const NOUNS =
    'SDKs post to /; the REST view has /models, /endpoint-configs, /endpoints, /transform-jobs, /transform-triggers, /tags.';

  it.each([
    {
      what: 'a path that nothing is served at',
      event: { httpMethod: 'GET', path: '/jobs' },
      code: 'UnknownOperationException',
      status: 404,
      message: `Nothing is served at GET /jobs. ${NOUNS}`,
    },
    {
      what: 'GET of the root',
      event: { httpMethod: 'GET', path: '/' },
      code: 'UnknownOperationException',
      status: 404,
      message: `Nothing is served at GET /. ${NOUNS}`,
    },
    {
      what: 'a path that is too long',
      event: { httpMethod: 'GET', path: '/prod/models/there/containers' },
      code: 'UnknownOperationException',
      status: 404,
      message: `Nothing is served at GET /prod/models/there/containers. ${NOUNS}`,
    },
    {
      what: 'a method that a path does not take',
      event: { httpMethod: 'PUT', path: '/models/there' },
      code: 'UnknownOperationException',
      status: 405,
      message: '/models/there takes GET, DELETE.',
    },
    {
      what: 'POST to a name',
      event: { httpMethod: 'POST', path: '/endpoints/serving', body: '{}' },
      code: 'UnknownOperationException',
      status: 405,
      message: '/endpoints/serving takes GET, DELETE, PUT.',
    },
    {
      what: 'a name that is not there',
      event: { httpMethod: 'GET', path: '/prod/endpoints/missing' },
      message: `Could not find endpoint "${arn('endpoint/missing')}".`,
    },
    {
      what: 'a bad name',
      event: { httpMethod: 'DELETE', path: '/models/a%2Fb' },
      message: refused('a/b', 'modelName', regex(MODEL_NAME_PATTERN)),
    },
    {
      what: 'a name that is no percent-encoding',
      event: { httpMethod: 'GET', path: '/models/%zz' },
      message: refused('%zz', 'modelName', regex(MODEL_NAME_PATTERN)),
    },
    {
      what: 'a limit that is no number',
      event: {
        httpMethod: 'GET',
        path: '/models',
        queryStringParameters: { MaxResults: 'ten' },
      },
      message: refused('ten', 'maxResults', 'Member must be a number'),
    },
    {
      what: 'a limit out of range',
      event: { httpMethod: 'GET', path: '/models', queryStringParameters: { MaxResults: '0' } },
      message: refused('0', 'maxResults', valueAtLeast(1)),
    },
    {
      what: 'a time that is none',
      event: {
        httpMethod: 'GET',
        path: '/endpoints',
        queryStringParameters: { LastModifiedTimeAfter: 'yesterday' },
      },
      message: refused(
        'yesterday',
        'lastModifiedTimeAfter',
        'Member must be a time (epoch seconds or ISO 8601)',
      ),
    },
    {
      what: 'a query member that is unknown',
      event: { httpMethod: 'GET', path: '/models', queryStringParameters: { Page: '2' } },
      message: unknown('page'),
    },
    {
      what: 'a body that is no JSON',
      event: { httpMethod: 'POST', path: '/models', body: 'ModelName=new' },
      code: 'SerializationException',
      message: 'The body is not JSON.',
    },
    {
      what: 'a taken name',
      event: {
        httpMethod: 'POST',
        path: '/models',
        body: JSON.stringify(model({ ModelName: 'there' })),
      },
      message: `Cannot create already existing model "${arn('model/there')}".`,
    },
    {
      what: 'a state that forbids it',
      event: { httpMethod: 'DELETE', path: '/endpoints/creating' },
      message: `Cannot update in-progress endpoint "${arn('endpoint/creating')}".`,
    },
  ])('refuses $what', async ({ event, message, ...rest }) => {
    const code = 'code' in rest ? rest.code : 'ValidationException';

    const answer = await api.send(event);

    expect(answer.body).toEqual({ __type: code, message, Message: message });
    expect(answer.status).toBe('status' in rest ? rest.status : 400);
    expect(answer.headers['Content-Type']).toBe('application/json');
    expect(answer.headers['x-amzn-ErrorType']).toBe(code);
    await expectNothingChanged();
  });
});
