/**
 * Every kind of wrong request, and the very words with which it is refused. A row is a request, the
 * error, and the claim that the table is the same as before and that nobody was woken.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from './support/api.ts';

const SECRET = 'hunter2-do-not-tell';
const NAME_PATTERN = '[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}';
const MODEL_NAME_PATTERN = '[a-zA-Z0-9]([\\-a-zA-Z0-9]*[a-zA-Z0-9])?';
const URL_PATTERN = '(https|s3)://([^/]+)/?(.*)';
const TAG_PATTERN = '([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)';
const ROLE_PATTERN = 'arn:aws[a-z\\-]*:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+';
const ARN_PATTERN = 'arn:aws[a-z-]*:sagemaker:[a-z0-9-]*:[0-9]{12}:.+';
const INSTANCE_PATTERN = 'ml\\.[a-z0-9-]+\\.[a-z0-9]+';
const UNKNOWN = 'Member is not part of the SageMaker API. Remove it, or check its spelling';

const regex = (pattern: string) => `Member must satisfy regular expression pattern: ${pattern}`;
const atMost = (length: number) => `Member must have length less than or equal to ${length}`;
const atLeast = (length: number) => `Member must have length greater than or equal to ${length}`;
const valueAtMost = (value: number) => `Member must have value less than or equal to ${value}`;
const valueAtLeast = (value: number) => `Member must have value greater than or equal to ${value}`;
const oneOf = (...values: string[]) => `Member must satisfy enum value set: [${values.join(', ')}]`;
const REQUIRED = 'Member must not be null';
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

function refused(value: string | null, at: string, constraint: string): string {
  return `1 validation error detected: ${violation(value, at, constraint)}`;
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
let woken: string[];

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
  before = await api.dump();
  woken = [...api.woken];
});

afterAll(() => api.close());

async function accepted(operation: string, members: Members): Promise<void> {
  const answer = await api.call(operation, members);
  expect(answer.body).not.toHaveProperty('message');
  expect(answer.status).toBe(200);
}

async function expectNothingChanged(): Promise<void> {
  expect(await api.dump()).toEqual(before);
  expect(api.woken).toEqual(woken);
}

function refuses(operation: string, rows: Row[]): void {
  describe(operation, () => {
    it.each(rows)('$what', async ({ members, message, code = 'ValidationException' }) => {
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

refuses('CreateModel', [
  ...badNames('ModelName', MODEL_NAME_PATTERN, { PrimaryContainer: container() }),
  {
    what: 'a name that is taken',
    members: model({ ModelName: 'there' }),
    message: `Cannot create already existing model "${arn('model/there')}".`,
  },
  {
    what: 'neither PrimaryContainer nor Containers',
    members: { ModelName: 'new' },
    message:
      'Neither PrimaryContainer nor Containers is given. Use PrimaryContainer for one container, or Containers for a pipeline.',
  },
  {
    what: 'no container in Containers',
    members: model({ Containers: [] }),
    message:
      'Neither PrimaryContainer nor Containers is given. Use PrimaryContainer for one container, or Containers for a pipeline.',
  },
  {
    what: 'both PrimaryContainer and Containers',
    members: model({ PrimaryContainer: container() }),
    message:
      'Both PrimaryContainer and Containers are given. Use PrimaryContainer for one container, or Containers for a pipeline.',
  },
  {
    what: 'six containers, one more than the stack takes',
    members: model({ Containers: Array.from({ length: 6 }, () => container()) }),
    code: 'ResourceLimitExceeded',
    message:
      'Containers has 6 members; this stack takes at most 5 per model. Join stages, or raise HEADRACE_MAX_CONTAINERS in the configuration of the stack.',
  },
  {
    what: 'sixteen containers, one more than SageMaker takes',
    members: model({ Containers: Array.from({ length: 16 }, () => ({ Image: 'i' })) }),
    message: refused(
      shownLong(JSON.stringify(Array.from({ length: 16 }, () => ({ Image: 'i' })))),
      'containers',
      atMost(15),
    ),
  },
  {
    what: 'Containers that is a structure',
    members: model({ Containers: { Image: 'i' } }),
    message: refused('{"Image":"i"}', 'containers', 'Member must be a list'),
  },
  {
    what: 'a container that is a text',
    members: model({ Containers: ['image'] }),
    message: refused('image', 'containers.1.member', 'Member must be a structure'),
  },
  {
    what: 'a container without an image, named by its position',
    members: model({ Containers: [container(), container({ Image: undefined })] }),
    message: refused(null, 'containers.2.member.image', REQUIRED),
  },
  {
    what: 'an image with a space',
    members: primary({ Image: 'a b' }),
    message: refused('a b', 'primaryContainer.image', regex('[\\S]+')),
  },
  {
    what: 'an image of 256 characters',
    members: primary({ Image: 'i'.repeat(256) }),
    message: refused('i'.repeat(256), 'primaryContainer.image', atMost(255)),
  },
  {
    what: 'an image that is a folder, which only a laptop has',
    members: primary({ Image: 'file:stages/one' }),
    message: refused(
      'file:stages/one',
      'primaryContainer.image',
      'Member must name an image in a registry; file: images run on a laptop only',
    ),
  },
  {
    what: 'a host name with a dot',
    members: model({ Containers: [container({ ContainerHostname: 'a.b' })] }),
    message: refused('a.b', 'containers.1.member.containerHostname', regex(NAME_PATTERN)),
  },
  {
    what: 'a host name of 64 characters',
    members: model({ Containers: [container({ ContainerHostname: LONG_NAME })] }),
    message: refused(LONG_NAME, 'containers.1.member.containerHostname', atMost(63)),
  },
  {
    what: 'a host name on one container of two',
    members: model({ Containers: [container({ ContainerHostname: 'a' }), container()] }),
    message:
      'ContainerHostname is set on some containers and missing on others. Set it on all of them, or on none.',
  },
  {
    what: 'a host name given twice',
    members: model({
      Containers: ['a', 'b', 'a'].map((ContainerHostname) => container({ ContainerHostname })),
    }),
    message:
      'ContainerHostname "a" is given to more than one container. Each must be unique within the model.',
  },
  {
    what: 'Direct without host names',
    members: model({ InferenceExecutionConfig: { Mode: 'Direct' } }),
    message: 'InferenceExecutionConfig Mode Direct needs a ContainerHostname on every container.',
  },
  {
    what: 'an unknown Mode',
    members: model({ InferenceExecutionConfig: { Mode: 'Parallel' } }),
    message: refused('Parallel', 'inferenceExecutionConfig.mode', oneOf('Serial', 'Direct')),
  },
  {
    what: 'InferenceExecutionConfig without a Mode',
    members: model({ InferenceExecutionConfig: {} }),
    message: refused(null, 'inferenceExecutionConfig.mode', REQUIRED),
  },
  {
    what: 'an environment of 101 entries',
    members: primary({ Environment: environmentOf(101) }),
    message: refused(
      shownLong(JSON.stringify(Object.keys(environmentOf(101)))),
      'primaryContainer.environment',
      atMost(100),
    ),
  },
  {
    what: 'an environment key with a hyphen',
    members: primary({ Environment: { 'a-b': SECRET } }),
    message: refused('["a-b"]', 'primaryContainer.environment', ENVIRONMENT_KEYS),
  },
  {
    what: 'an environment key that is empty',
    members: primary({ Environment: { '': SECRET } }),
    message: refused('[""]', 'primaryContainer.environment', ENVIRONMENT_KEYS),
  },
  {
    what: 'an environment key of 1025 characters',
    members: primary({ Environment: { ['K'.repeat(1025)]: SECRET } }),
    message: refused(
      shownLong(JSON.stringify(['K'.repeat(1025)])),
      'primaryContainer.environment',
      ENVIRONMENT_KEYS,
    ),
  },
  {
    what: 'an environment value of 1025 characters, which is not shown',
    members: primary({ Environment: { K: SECRET.padEnd(1025) } }),
    message: refused('["K"]', 'primaryContainer.environment', ENVIRONMENT_VALUES),
  },
  {
    what: 'an environment value that is no text',
    members: primary({ Environment: { K: { nested: SECRET } } }),
    message: refused('["K"]', 'primaryContainer.environment', ENVIRONMENT_VALUES),
  },
  {
    what: 'an environment key that JavaScript takes for itself',
    members: {
      ModelName: 'new',
      PrimaryContainer: container({ Environment: JSON.parse(`{"__proto__":"${SECRET}"}`) }),
    },
    message: refused('["__proto__"]', 'primaryContainer.environment', ENVIRONMENT_KEYS),
  },
  {
    what: 'environments of 32 KB and one byte together',
    members: model({
      Containers: [0, 1].map((second) => ({
        Image: 'i',
        // 16 entries of 1 + 1023 bytes, and one byte more in the second container.
        Environment: Object.fromEntries(
          Array.from('abcdefghijklmnop', (key, position) => [
            key,
            'ü'.repeat(511) + (second === 1 && position === 0 ? 'vw' : 'v'),
          ]),
        ),
      })),
    }),
    message: 'Environment of all containers together is 32769 bytes; it must be at most 32768.',
  },
  {
    what: 'a ModelDataUrl that is no URL',
    members: primary({ ModelDataUrl: 'model.tar.gz' }),
    message: refused('model.tar.gz', 'primaryContainer.modelDataUrl', regex(URL_PATTERN)),
  },
  {
    what: 'a ModelDataUrl over https',
    members: primary({ ModelDataUrl: 'https://bucket.s3.amazonaws.com/model.tar.gz' }),
    message: refused(
      'https://bucket.s3.amazonaws.com/model.tar.gz',
      'primaryContainer.modelDataUrl',
      'Member must be an s3:// URL',
    ),
  },
  {
    what: 'a ModelDataUrl of 1025 characters',
    members: primary({ ModelDataUrl: 's3://b/'.padEnd(1025, 'k') }),
    message: refused(
      shownLong('s3://b/'.padEnd(1025, 'k')),
      'primaryContainer.modelDataUrl',
      atMost(1024),
    ),
  },
  {
    what: 'a ModelDataUrl of a megabyte, without a look at its pattern',
    members: primary({ ModelDataUrl: `s3://${'a'.repeat(900_000)}/\n` }),
    message: refused(
      shownLong(`s3://${'a'.repeat(900_000)}`),
      'primaryContainer.modelDataUrl',
      atMost(1024),
    ),
  },
  {
    what: 'both ModelDataUrl and ModelDataSource',
    members: primary({ ModelDataUrl: 's3://bucket/model.tar.gz', ModelDataSource: s3Source() }),
    message: refused(
      JSON.stringify(s3Source()),
      'primaryContainer.modelDataSource',
      'Member must not be given together with ModelDataUrl',
    ),
  },
  {
    what: 'an S3Prefix without the slash at its end',
    members: primary({ ModelDataSource: s3Source({ S3Uri: 's3://bucket/model' }) }),
    message: refused(
      's3://bucket/model',
      'primaryContainer.modelDataSource.s3DataSource.s3Uri',
      'Member must end in "/" for S3Prefix',
    ),
  },
  {
    what: 'an S3Uri over https',
    members: primary({ ModelDataSource: s3Source({ S3Uri: 'https://bucket/model/' }) }),
    message: refused(
      'https://bucket/model/',
      'primaryContainer.modelDataSource.s3DataSource.s3Uri',
      'Member must be an s3:// URL',
    ),
  },
  {
    what: 'an unknown S3DataType',
    members: primary({ ModelDataSource: s3Source({ S3DataType: 'ManifestFile' }) }),
    message: refused(
      'ManifestFile',
      'primaryContainer.modelDataSource.s3DataSource.s3DataType',
      oneOf('S3Prefix', 'S3Object'),
    ),
  },
  {
    what: 'a ModelDataSource without CompressionType',
    members: primary({ ModelDataSource: s3Source({ CompressionType: undefined }) }),
    message: refused(
      null,
      'primaryContainer.modelDataSource.s3DataSource.compressionType',
      REQUIRED,
    ),
  },
  {
    what: 'a ModelDataSource without an S3DataSource',
    members: primary({ ModelDataSource: {} }),
    message: refused(null, 'primaryContainer.modelDataSource.s3DataSource', REQUIRED),
  },
  ...(
    [
      ['ModelAccessConfig', { AcceptEula: true }, 'copy the model into a bucket of yours first'],
      ['HubAccessConfig', {}, 'copy the model into a bucket of yours first'],
      ['ManifestS3Uri', 's3://b/m', 'use an S3Prefix that holds just the files of the model'],
      ['ETag', 'e', 'name the object by a key that does not change'],
      ['ManifestEtag', 'e', 'name the object by a key that does not change'],
    ] as const
  ).map(([member, value, instead]) => ({
    what: `${member}, which is not supported`,
    members: primary({ ModelDataSource: s3Source({ [member]: value }) }),
    message: refused(
      shown(value),
      `primaryContainer.modelDataSource.s3DataSource.${lowerFirst(member)}`,
      unsupported(instead),
    ),
  })),
  ...(
    [
      [
        'ImageConfig',
        { RepositoryAccessMode: 'Vpc' },
        "the image is pulled with the stack's execution role; use ECR",
      ],
      ['AdditionalModelDataSources', [], 'put all files under one S3Prefix in ModelDataSource'],
      ['ModelPackageName', 'p', "name the package's Image and ModelDataUrl instead"],
      ['InferenceSpecificationName', 's', "name the package's Image and ModelDataUrl instead"],
      ['MultiModelConfig', {}, 'give each model a stage of its own'],
      ['ContainerMetricsConfig', {}, 'publish the metrics from the container itself'],
    ] as const
  ).map(([member, value, instead]) => ({
    what: `${member}, which is not supported`,
    members: primary({ [member]: value }),
    message: refused(shown(value), `primaryContainer.${lowerFirst(member)}`, unsupported(instead)),
  })),
  {
    what: 'Mode MultiModel',
    members: primary({ Mode: 'MultiModel' }),
    message: refused(
      'MultiModel',
      'primaryContainer.mode',
      only('SingleModel', 'give each model a stage of its own'),
    ),
  },
  {
    what: 'VpcConfig, which is not supported',
    members: model({ VpcConfig: { Subnets: ['s-1'], SecurityGroupIds: ['g-1'] } }),
    message: refused(
      '{"Subnets":["s-1"],"SecurityGroupIds":["g-1"]}',
      'vpcConfig',
      unsupported("tasks run in the stack's own VPC; set its subnets there"),
    ),
  },
  {
    what: 'network isolation',
    members: model({ EnableNetworkIsolation: true }),
    message: refused(
      'true',
      'enableNetworkIsolation',
      only('false', "limit the tasks by the stack's security groups"),
    ),
  },
  {
    what: 'a role that is no ARN of a role',
    members: model({ ExecutionRoleArn: 'arn:aws:iam::123456789012:user/somebody' }),
    message: refused(
      'arn:aws:iam::123456789012:user/somebody',
      'executionRoleArn',
      regex(ROLE_PATTERN),
    ),
  },
  {
    what: 'a role that is too short, and no ARN: two violations',
    members: model({ ExecutionRoleArn: 'admin' }),
    message: `2 validation errors detected: ${violation('admin', 'executionRoleArn', atLeast(20))}; ${violation('admin', 'executionRoleArn', regex(ROLE_PATTERN))}`,
  },
  {
    what: '51 tags',
    members: model({ Tags: tagsOf(51) }),
    message: refused(shownLong(JSON.stringify(tagsOf(51))), 'tags', atMost(50)),
  },
  {
    what: 'a tag with a key of 129 characters',
    members: model({ Tags: [{ Key: 'k'.repeat(129), Value: '' }] }),
    message: refused('k'.repeat(129), 'tags.1.member.key', atMost(128)),
  },
  {
    what: 'a tag with an empty key',
    members: model({ Tags: [{ Key: '', Value: '' }] }),
    message: refused('', 'tags.1.member.key', atLeast(1)),
  },
  {
    what: 'a tag without a value',
    members: model({ Tags: [{ Key: 'team' }] }),
    message: refused(null, 'tags.1.member.value', REQUIRED),
  },
  {
    what: 'a tag with a value of 257 characters',
    members: model({ Tags: [{ Key: 'k', Value: 'v'.repeat(257) }] }),
    message: refused(shownLong('v'.repeat(257)), 'tags.1.member.value', atMost(256)),
  },
  {
    what: 'a tag with an exclamation mark',
    members: model({ Tags: [{ Key: 'hot!', Value: '' }] }),
    message: refused('hot!', 'tags.1.member.key', regex(TAG_PATTERN)),
  },
  {
    what: 'a misspelled member',
    members: model({ ExecutionRole: 'arn:aws:iam::123456789012:role/r' }),
    message: refused('arn:aws:iam::123456789012:role/r', 'executionRole', UNKNOWN),
  },
  {
    what: 'a member by the name of a JavaScript method',
    members: JSON.parse(`{"ModelName":"new","constructor":1,"__proto__":2}`),
    message: `2 validation errors detected: ${violation('1', 'constructor', UNKNOWN)}; ${violation('2', '__proto__', UNKNOWN)}`,
  },
  {
    what: 'everything wrong at once, each in its place',
    members: {
      ModelName: '-',
      Containers: [container({ Image: '' }), container({ Mode: 'MultiModel' })],
      Colour: 'red',
    },
    message: `4 validation errors detected: ${[
      violation('-', 'modelName', regex(MODEL_NAME_PATTERN)),
      violation('', 'containers.1.member.image', regex('[\\S]+')),
      violation(
        'MultiModel',
        'containers.2.member.mode',
        only('SingleModel', 'give each model a stage of its own'),
      ),
      violation('red', 'colour', UNKNOWN),
    ].join('; ')}`,
  },
]);

describe('a secret', () => {
  it.each([
    ['a misspelled environment', primary({ Enviroment: { PASSWORD: SECRET } })],
    [
      'an environment in lower case',
      { ModelName: 'new', primaryContainer: { environment: { PASSWORD: SECRET } } },
    ],
    ['an environment in the way of ECS', primary({ Environment: [{ name: 'P', value: SECRET }] })],
    ['an environment as lines of text', primary({ Environment: `PASSWORD=${SECRET}` })],
    ['an environment as a list of lines', primary({ Environment: [`PASSWORD=${SECRET}`] })],
    ['a container in a list', { ModelName: 'new', PrimaryContainer: [container()] }],
    [
      'containers in a structure',
      model({ Containers: { one: container({ environment: { PASSWORD: SECRET } }) } }),
    ],
    ['a variable beside the environment', primary({ PASSWORD: SECRET })],
    ['too many containers', model({ Containers: Array.from({ length: 16 }, () => container()) })],
    ['a container of another model', endpointConfig({ ProductionVariants: [container()] })],
  ])('is not told by the refusal of %s', async (_, members) => {
    const operation = 'EndpointConfigName' in members ? 'CreateEndpointConfig' : 'CreateModel';

    const answer = await api.call(operation, members);

    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain('validation error');
    expect(JSON.stringify(answer)).not.toContain(SECRET);
    await expectNothingChanged();
  });

  it.each([
    ['without its quotes', `{"ModelName":"new","Environment":{"PASSWORD":${SECRET}}}`],
    ['cut short', `{"ModelName":"new","Environment":{"PASSWORD":"${SECRET}`],
    ['with a second comma', `{"ModelName":"new","Environment":{"PASSWORD":"${SECRET}",,}}`],
    ['all there is', SECRET],
  ])('is not told by the refusal of a body that is no JSON, %s', async (_, body) => {
    const headers = { 'X-Amz-Target': 'SageMaker.CreateModel' };

    const answer = await api.send({ headers, body });

    expect(answer.body.__type).toBe('SerializationException');
    expect(answer.body.message).toMatch(/^The body is not JSON/);
    expect(JSON.stringify(answer)).not.toContain(SECRET.slice(0, 8));
  });
});

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

refuses('DescribeModel', [
  ...badNames('ModelName', MODEL_NAME_PATTERN),
  {
    what: 'a model that is not there',
    members: { ModelName: 'Missing' },
    message: `Could not find model "${arn('model/Missing')}".`,
  },
]);

refuses('DeleteModel', [
  ...badNames('ModelName', MODEL_NAME_PATTERN),
  {
    what: 'a model that is not there',
    members: { ModelName: 'missing' },
    message: `Could not find model "${arn('model/missing')}".`,
  },
  {
    what: 'a member too many',
    members: { ModelName: 'there', Force: true },
    message: refused('true', 'force', UNKNOWN),
  },
]);

const VARIANT = 'productionVariants.1.member';
const USE_INSTANCES = 'use InstanceType and InitialInstanceCount: a pipeline runs on instances';

refuses('CreateEndpointConfig', [
  ...badNames('EndpointConfigName', NAME_PATTERN, { ProductionVariants: [variant()] }),
  {
    what: 'a name that is taken',
    members: endpointConfig({ EndpointConfigName: 'there' }),
    message: `Cannot create already existing endpoint configuration "${arn('endpoint-config/there')}".`,
  },
  {
    what: 'no variants',
    members: endpointConfig({ ProductionVariants: [] }),
    message: refused('[]', 'productionVariants', atLeast(1)),
  },
  {
    what: 'ProductionVariants missing',
    members: { EndpointConfigName: 'new' },
    message: refused(null, 'productionVariants', REQUIRED),
  },
  {
    what: 'eleven variants',
    members: endpointConfig({ ProductionVariants: Array.from({ length: 11 }, () => variant()) }),
    message: refused(
      shownLong(JSON.stringify(Array.from({ length: 11 }, () => variant()))),
      'productionVariants',
      atMost(10),
    ),
  },
  {
    what: 'two variants of one name',
    members: endpointConfig({ ProductionVariants: [variant(), variant()] }),
    message:
      'VariantName "AllTraffic" is given to more than one production variant. Each must be unique within the endpoint configuration.',
  },
  {
    what: 'a model that is not there',
    members: inVariant({ ModelName: 'missing' }),
    message: `Could not find model "${arn('model/missing')}".`,
  },
  {
    what: 'a variant without a model',
    members: inVariant({ ModelName: undefined }),
    message: refused(null, `${VARIANT}.modelName`, REQUIRED),
  },
  {
    what: 'a variant name with an underscore',
    members: inVariant({ VariantName: 'a_b' }),
    message: refused('a_b', `${VARIANT}.variantName`, regex(NAME_PATTERN)),
  },
  {
    what: 'no instances',
    members: inVariant({ InitialInstanceCount: 0 }),
    message: refused('0', `${VARIANT}.initialInstanceCount`, valueAtLeast(1)),
  },
  {
    what: '1001 instances',
    members: inVariant({ InitialInstanceCount: 1001 }),
    message: refused('1001', `${VARIANT}.initialInstanceCount`, valueAtMost(1000)),
  },
  {
    what: 'one instance and a half',
    members: inVariant({ InitialInstanceCount: 1.5 }),
    message: refused('1.5', `${VARIANT}.initialInstanceCount`, 'Member must be a whole number'),
  },
  {
    what: 'a number of instances as text',
    members: inVariant({ InitialInstanceCount: '1' }),
    message: refused('1', `${VARIANT}.initialInstanceCount`, 'Member must be a whole number'),
  },
  {
    what: 'an instance type without ml.',
    members: inVariant({ InstanceType: 'c5.large' }),
    message: refused('c5.large', `${VARIANT}.instanceType`, regex(INSTANCE_PATTERN)),
  },
  {
    what: 'an instance type that the stack does not offer, with those that it does',
    members: inVariant({ InstanceType: 'ml.p5.48xlarge' }),
    message: refused(
      'ml.p5.48xlarge',
      `${VARIANT}.instanceType`,
      oneOf('ml.c5.large', 'ml.m5.xlarge'),
    ),
  },
  {
    what: 'a weight below 0',
    members: inVariant({ InitialVariantWeight: -0.1 }),
    message: refused('-0.1', `${VARIANT}.initialVariantWeight`, valueAtLeast(0)),
  },
  {
    what: 'a weight that the table cannot hold',
    members: inVariant({ InitialVariantWeight: 1e300 }),
    message: refused('1e+300', `${VARIANT}.initialVariantWeight`, valueAtMost(1_000_000)),
  },
  {
    what: 'a weight as text',
    members: inVariant({ InitialVariantWeight: 'half' }),
    message: refused('half', `${VARIANT}.initialVariantWeight`, 'Member must be a number'),
  },
  ...(
    [
      ['ModelDataDownloadTimeoutInSeconds', 59, valueAtLeast(60)],
      ['ModelDataDownloadTimeoutInSeconds', 3601, valueAtMost(3600)],
      ['ContainerStartupHealthCheckTimeoutInSeconds', 59, valueAtLeast(60)],
      ['ContainerStartupHealthCheckTimeoutInSeconds', 3601, valueAtMost(3600)],
      ['VariantInstanceProvisionTimeoutInSeconds', 299, valueAtLeast(300)],
      ['VariantInstanceProvisionTimeoutInSeconds', 3601, valueAtMost(3600)],
    ] as const
  ).map(([member, value, constraint]) => ({
    what: `${member} ${value}`,
    members: inVariant({ [member]: value }),
    message: refused(String(value), `${VARIANT}.${lowerFirst(member)}`, constraint),
  })),
  {
    what: 'an unknown RoutingStrategy',
    members: inVariant({ RoutingConfig: { RoutingStrategy: 'ROUND_ROBIN' } }),
    message: refused(
      'ROUND_ROBIN',
      `${VARIANT}.routingConfig.routingStrategy`,
      oneOf('LEAST_OUTSTANDING_REQUESTS', 'RANDOM'),
    ),
  },
  {
    what: 'PrefixAwareRoutingConfig, which is not supported',
    members: inVariant({
      RoutingConfig: { RoutingStrategy: 'RANDOM', PrefixAwareRoutingConfig: {} },
    }),
    message: refused(
      '{}',
      `${VARIANT}.routingConfig.prefixAwareRoutingConfig`,
      unsupported('use RoutingStrategy LEAST_OUTSTANDING_REQUESTS'),
    ),
  },
  {
    what: 'EnableSSMAccess',
    members: inVariant({ EnableSSMAccess: true }),
    message: refused(
      'true',
      `${VARIANT}.enableSSMAccess`,
      only('false', 'use ECS Exec on the task'),
    ),
  },
  ...(
    [
      ['ServerlessConfig', USE_INSTANCES],
      ['InstancePools', 'use one InstanceType per variant, and several variants'],
      ['ManagedInstanceScaling', 'set InitialInstanceCount'],
      ['AcceleratorType', 'choose an InstanceType with an accelerator'],
      ['CoreDumpConfig', 'write core dumps from the container itself'],
      ['VolumeSizeInGB', "the instance's own disk is used; size it in the stack"],
      ['InferenceAmiVersion', "the stack's launch template names the AMI"],
      ['CapacityReservationConfig', "reserve capacity for the stack's Auto Scaling groups"],
    ] as const
  ).map(([member, instead]) => ({
    what: `${member}, which is not supported`,
    members: inVariant({ [member]: 'x' }),
    message: refused('x', `${VARIANT}.${lowerFirst(member)}`, unsupported(instead)),
  })),
  ...(
    [
      ['DataCaptureConfig', 'capture requests in your client, or in a stage of your own'],
      ['AsyncInferenceConfig', 'pipelines answer while the caller waits'],
      ['ExplainerConfig', 'explain in a stage of your own'],
      ['ShadowProductionVariants', 'send a share of traffic to a second variant'],
      ['KmsKeyId', "encrypt the disks in the stack's launch template"],
      ['ExecutionRoleArn', 'set ExecutionRoleArn on the model'],
      ['VpcConfig', "tasks run in the stack's own VPC; set its subnets there"],
      ['MetricsConfig', 'every answer carries its times in the Server-Timing header'],
    ] as const
  ).map(([member, instead]) => ({
    what: `${member}, which is not supported`,
    members: endpointConfig({ [member]: 'x' }),
    message: refused('x', lowerFirst(member), unsupported(instead)),
  })),
  {
    what: 'an unknown member of a variant',
    members: inVariant({ InstanceCount: 2 }),
    message: refused('2', `${VARIANT}.instanceCount`, UNKNOWN),
  },
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
  ...['creating', 'serving', 'deleting', 'failed'].map((EndpointName) => ({
    what: `a name that is taken by one that is ${EndpointName}`,
    members: { EndpointName, EndpointConfigName: 'there' },
    message: `Cannot create already existing endpoint "${arn(`endpoint/${EndpointName}`)}".`,
  })),
  {
    what: 'DeploymentConfig, which is not supported',
    members: { EndpointName: 'new', EndpointConfigName: 'there', DeploymentConfig: {} },
    message: refused(
      '{}',
      'deploymentConfig',
      unsupported('leave it out: it changes nothing at creation'),
    ),
  },
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
    message: refused('InService', 'statusEquals', UNKNOWN),
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
    `Could not find a resource "${text}". Tags are kept for models, endpoint configurations and endpoints of account 123456789012 in us-east-1.`;
  const long = `${arn('model/')}${'n'.repeat(256)}`;
  const job = arn('transform-job/x');
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
    message: refused('n', 'tags.1.member.note', UNKNOWN),
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
    message: refused('[]', 'tagKeys', atLeast(1)),
  },
  {
    what: '51 keys',
    members: { ResourceArn: arn('model/there'), TagKeys: tagsOf(51).map(({ Key }) => Key) },
    message: refused(
      shownLong(JSON.stringify(tagsOf(51).map(({ Key }) => Key))),
      'tagKeys',
      atMost(50),
    ),
  },
]);

describe('a request that is no request', () => {
  const OPERATIONS =
    'CreateModel, DeleteModel, DescribeModel, ListModels, CreateEndpointConfig, DeleteEndpointConfig, DescribeEndpointConfig, ListEndpointConfigs, CreateEndpoint, DeleteEndpoint, DescribeEndpoint, ListEndpoints, AddTags, DeleteTags, ListTags';
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
      message: `The operation CreateTrainingJob is not served here. Served are: ${OPERATIONS}.`,
    },
    {
      what: 'an operation by the name of a JavaScript method',
      event: { headers: { 'x-amz-target': 'SageMaker.constructor' }, body: '{}' },
      code: 'UnknownOperationException',
      message: `The operation constructor is not served here. Served are: ${OPERATIONS}.`,
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
  const NOUNS = 'SDKs post to /; the REST view has /models, /endpoint-configs, /endpoints, /tags.';

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
      message: '/endpoints/serving takes GET, DELETE.',
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
      message: refused('2', 'page', UNKNOWN),
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
