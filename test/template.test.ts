import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Template } from '../infra/osls.ts';
import type { Resource, Resources } from '../infra/resource.ts';
import { stack } from '../infra/stack.ts';
import { environment, parseConfig } from '../src/aws/config.ts';
import { placement } from '../src/fleet/placement.ts';
import { ROUTER_PORT } from '../src/fleet/ports.ts';
import { run, withoutAwsSettings } from './support/command.ts';
import { describeWith } from './support/required-client.ts';
import { attributesOf, schemaProblems } from './support/resource-schema.ts';
import { packageService, serviceFolder } from './support/service.ts';

/** What `sls package` makes of the configuration as it comes, for stage prod. */
let whole: Template;
let first: Template;
let folder: string;

beforeAll(async () => {
  folder = await serviceFolder();
  ({ first, whole } = await packageService(folder));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The whole template as another configuration makes it. */
async function templateOf(config: object): Promise<Resources> {
  const resourcesOf = async (content: object) => {
    const variables: Record<string, unknown> = { 'self:service': 'headrace', 'sls:stage': 'prod' };
    const made = await stack({ resolveVariable: async (name) => variables[name] ?? content });
    return made.resources.Resources as Resources;
  };
  const replaced = Object.keys(await resourcesOf(DEFAULTS));
  const kept = Object.entries(whole.Resources).filter(([name]) => !replaced.includes(name));
  return { ...Object.fromEntries(kept), ...(await resourcesOf(config)) };
}

const DEFAULTS = { instanceTypes: { 'ml.c5.large': {}, 'ml.m5.xlarge': {} } };
const GIVEN_VPC = {
  id: 'vpc-0123456789abcdef0',
  taskSubnets: ['subnet-0123456789abcdef0'],
  hostSubnets: ['subnet-0123456789abcdef1'],
};
const VARIANTS: [string, object][] = [
  ['a NAT gateway', { network: { nat: true, zones: 3 } }],
  ["the user's VPC", { network: { vpc: GIVEN_VPC, callers: ['sg-0123456789abcdef0'] } }],
  [
    'IAM, no access log, an e-mail',
    {
      signIn: 'iam',
      tracing: 'xray',
      containerMetrics: false,
      accessLog: false,
      alarms: { email: 'a@b.eu' },
    },
  ],
  [
    'Graviton on Spot, more buckets',
    { instanceTypes: { 'ml.c7g.2xlarge': { max: 9, spot: 0.5 } }, buckets: ['more'] },
  ],
];

describe('the template', () => {
  it('is what the schemas of CloudFormation ask for', () => {
    expect(schemaProblems(whole.Resources)).toEqual([]);
    expect(schemaProblems(first.Resources)).toEqual([]);
  });

  it.each(VARIANTS)('is so with %s, and refers to nothing that is not there', async (_, config) => {
    const resources = await templateOf(config);

    expect(schemaProblems(resources)).toEqual([]);
    expect(danglingReferences(withoutFunctions(resources))).toEqual([]);
  });

  it('would not be with a member that is unknown, missing or of another type', () => {
    const Type = 'AWS::SQS::QueuePolicy';
    const wrong = { Queues: 'queue', PolicyDocumnt: {} };

    expect(schemaProblems({ Policy: { Type, Properties: wrong } })).toEqual([
      'Policy (AWS::SQS::QueuePolicy).PolicyDocument: is missing',
      'Policy (AWS::SQS::QueuePolicy).Queues: "queue" is no array',
      'Policy (AWS::SQS::QueuePolicy).PolicyDocumnt: is not known',
    ]);
  });

  it('refers to nothing that is not there', () => {
    expect(danglingReferences(whole.Resources)).toEqual([]);
    expect(danglingReferences({ ...whole.Resources, Outputs: whole.Outputs as never })).toEqual([]);
  });

  it('begins every name that it gives with the name of the stack', () => {
    const NAMES = /^(\w*Name|Name)$/;
    const OF_NO_ONE = [
      'MetricName',
      'AttributeName',
      'IndexName',
      'PolicyName',
      'StageName',
      'ServiceName',
      'DeviceName',
    ];
    const given = Object.values(whole.Resources).flatMap(({ Properties }) =>
      Object.entries(Properties).filter(
        ([key, value]) => NAMES.test(key) && !OF_NO_ONE.includes(key) && typeof value === 'string',
      ),
    );

    expect(given.length).toBeGreaterThan(10);
    for (const [, name] of given) {
      expect(name).toMatch(/^(\/aws\/lambda\/|\/)?headrace-prod(?![a-z0-9])/);
    }
  });

  it('makes the repository of the router before the functions that name its image', () => {
    expect(first.Resources.RouterRepository).toEqual(whole.Resources.RouterRepository);
    expect(Object.values(first.Resources).map(({ Type }) => Type)).toEqual([
      'AWS::S3::Bucket',
      'AWS::S3::BucketPolicy',
      'AWS::ECR::Repository',
    ]);
  });

  it('makes a new deployment of the API when the API is another', async () => {
    const deploymentOf = (resources: Resources) =>
      Object.keys(resources).filter((name) => name.startsWith('Deployment'));
    const same = deploymentOf(await templateOf(DEFAULTS));
    const other = deploymentOf(await templateOf({ ...DEFAULTS, signIn: 'iam' }));

    expect(deploymentOf(whole.Resources)).toEqual(same);
    expect(other).toHaveLength(1);
    expect(other).not.toEqual(same);
  });
});

/** A laptop's alone, or with a default that a stack has no reason to change. */
const NOT_SET = [
  'AWS_REGION',
  'AWS_ENDPOINT_URL_DYNAMODB',
  'AWS_ENDPOINT_URL_SSM',
  'AWS_ENDPOINT_URL_EVENTBRIDGE',
  'AWS_XRAY_DAEMON_ADDRESS',
  'HEADRACE_ROUTER_LISTEN',
  'HEADRACE_FILE_IMAGES',
  'HEADRACE_IMAGE_LABELS_URL',
  'HEADRACE_BIND_TO_PORT_LABEL',
  'HEADRACE_DRAIN_SECONDS',
  'HEADRACE_LOG_URL',
];

describe('the functions', () => {
  it('are given every setting that they read, and none besides', () => {
    for (const { Properties } of functions()) {
      const set = Object.keys(variablesOf(Properties));

      expect(new Set([...set, ...NOT_SET])).toEqual(new Set(Object.keys(environment.shape)));
    }
  });

  it('understand what they are given', () => {
    const [lambda] = functions();
    const variables = Object.entries(variablesOf(lambda!.Properties));
    const config = parseConfig({
      AWS_REGION: 'eu-west-1',
      ...Object.fromEntries(variables.map(([name, value]) => [name, resolved(value)])),
    });

    expect(config).toMatchObject({
      stack: 'headrace-prod',
      account: '123456789012',
      partition: 'aws',
      table: 'Table',
      queueUrl: 'https://sqs.example/ReconcileQueue',
      cluster: 'Cluster',
      routerImage: expect.stringMatching(
        /^123456789012\.dkr\.ecr\.eu-west-1\.amazonaws\.com\/RouterRepository:[0-9a-f]{16}$/,
      ),
      instanceTypes: ['ml.c5.large', 'ml.m5.xlarge'],
      subnets: ['PrivateSubnet1', 'PrivateSubnet2'],
      securityGroups: ['TaskSecurityGroup'],
      executionRole: 'TaskExecutionRole.Arn',
      taskRole: 'TaskRole.Arn',
      maxContainers: 5,
      logRetentionDays: 30,
    });
    const providers =
      config.instanceTypes === 'any'
        ? []
        : config.instanceTypes.map((type) => placement(type, config));
    const names = ofType('AWS::ECS::CapacityProvider').map(({ Properties }) => Properties.Name);
    expect(
      providers.map(
        (one) =>
          'capacityProviderStrategy' in one && one.capacityProviderStrategy[0]?.capacityProvider,
      ),
    ).toEqual(names);
  });

  it('run on Node 24 on arm64, each with a role of its own', () => {
    const roles = functions().map(({ Properties }) => JSON.stringify(Properties.Role));

    expect(new Set(roles).size).toBe(6);
    for (const { Properties } of functions()) {
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
    }
  });

  it('have messages invisible for six times as long as they may work on them', () => {
    const { Timeout } = whole.Resources.ReconcileLambdaFunction!.Properties;
    const { VisibilityTimeout } = whole.Resources.ReconcileQueue!.Properties;

    expect(VisibilityTimeout).toBeGreaterThanOrEqual(6 * Number(Timeout));
  });
});

describe('the API', () => {
  const answering = (path: string): { target: string; streams: boolean; timeout: number } => {
    const method = methodFor(path.split('/').filter((part) => part !== ''));
    const { Integration } = method.Properties as {
      Integration: {
        Uri: { 'Fn::Sub': string };
        ResponseTransferMode?: string;
        TimeoutInMillis: number;
      };
    };
    const [, target = ''] =
      /functions\/\$\{(\w+)LambdaFunction/.exec(Integration.Uri['Fn::Sub']) ?? [];
    return {
      target,
      streams:
        Integration.ResponseTransferMode === 'STREAM' &&
        Integration.Uri['Fn::Sub'].endsWith('/response-streaming-invocations') &&
        Integration.Uri['Fn::Sub'].includes('path/2021-11-15/'),
      timeout: Integration.TimeoutInMillis,
    };
  };

  it.each([
    '/',
    '/models',
    '/models/iris',
    '/endpoints',
    '/endpoints/iris',
    '/endpoints/iris/weights-and-capacities',
    '/endpoints/iris/dashboard',
    '/a/b/c',
  ])('gives %s to the control plane', (path) => {
    expect(answering(path)).toEqual({ target: 'Api', streams: false, timeout: 29_000 });
  });

  it.each([
    ['keys', { AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: 'Authorizer' } }],
    ['iam', { AuthorizationType: 'AWS_IAM' }],
    ['none', { AuthorizationType: 'NONE' }],
  ])('has every method checked when sign-in is by %s', async (signIn, expected) => {
    const resources = Object.values(await templateOf({ ...DEFAULTS, signIn }));
    const methods = resources.filter(({ Type }) => Type === 'AWS::ApiGateway::Method');
    const authorizers = resources.filter(({ Type }) => Type === 'AWS::ApiGateway::Authorizer');

    expect(methods.length).toBeGreaterThan(5);
    for (const { Properties } of methods) expect(Properties).toMatchObject(expected);
    // Every signature is another: an answer that is kept would be for nobody.
    expect(authorizers.map(({ Properties }) => Properties.AuthorizerResultTtlInSeconds)).toEqual(
      signIn === 'keys' ? [0] : [],
    );
  });

  it.each(['invocations', 'invocations-response-stream', 'async-invocations'])(
    'streams the answers of /endpoints/iris/%s',
    (operation) => {
      const { timeout, ...answered } = answering(`/endpoints/iris/${operation}`);

      expect(answered).toEqual({ target: 'Invoke', streams: true });
      // Reference section 4.4: a stream may take 480 s. API Gateway allows 15 minutes.
      expect(timeout).toBeGreaterThan(480_000);
      expect(timeout).toBeLessThanOrEqual(900_000);
    },
  );
});

describe('nothing is public', () => {
  it('no bucket', () => {
    for (const { Properties } of ofType('AWS::S3::Bucket', whole, first)) {
      expect(Properties.PublicAccessBlockConfiguration).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
    }
  });

  it.each([['as it comes', DEFAULTS], ...VARIANTS])('no port, %s', async (_, config) => {
    const resources = Object.values(await templateOf(config));
    const inline = resources.flatMap(
      ({ Properties }) => (Properties.SecurityGroupIngress ?? []) as object[],
    );
    const apart = resources.filter(({ Type }) => Type === 'AWS::EC2::SecurityGroupIngress');
    const ingress = [...inline, ...apart.map(({ Properties }) => Properties)] as Record<
      string,
      unknown
    >[];

    expect(ingress.length).toBeGreaterThan(0);
    for (const { SourceSecurityGroupId, FromPort, ToPort, ...others } of ingress) {
      expect(SourceSecurityGroupId).toBeDefined();
      expect([ROUTER_PORT, 443]).toContain(FromPort);
      expect(ToPort).toBe(FromPort);
      expect(Object.keys(others).filter((key) => key.startsWith('Cidr'))).toEqual([]);
    }
    const toTasks = apart.filter(({ Properties }) =>
      JSON.stringify(Properties.GroupId).includes('TaskSecurityGroup'),
    );
    expect(toTasks[0]?.Properties).toMatchObject({
      SourceSecurityGroupId: { Ref: 'InvokeSecurityGroup' },
      FromPort: ROUTER_PORT,
    });
  });

  it('no store is unencrypted', () => {
    for (const { Properties } of ofType('AWS::S3::Bucket', whole, first)) {
      expect(Properties.BucketEncryption).toBeDefined();
    }
    for (const { Properties } of ofType('AWS::SQS::Queue')) {
      expect(Properties.SqsManagedSseEnabled).toBe(true);
    }
    for (const { Properties } of ofType('AWS::DynamoDB::Table')) {
      expect(Properties.SSESpecification).toEqual({ SSEEnabled: true });
      expect(Properties.PointInTimeRecoverySpecification).toEqual({
        PointInTimeRecoveryEnabled: true,
      });
    }
    for (const { Properties } of ofType('AWS::EC2::LaunchTemplate')) {
      const { BlockDeviceMappings } = Properties.LaunchTemplateData as {
        BlockDeviceMappings: object[];
      };
      expect(BlockDeviceMappings).toMatchObject([{ Ebs: { Encrypted: true } }]);
    }
  });

  it('no policy is for everybody', () => {
    const wildcards = statementsIn(whole).filter(
      ({ statement }) =>
        statement.Effect === 'Allow' && JSON.stringify(statement.Principal ?? '').includes('*'),
    );

    expect(wildcards).toEqual([]);
  });

  it('no host gives its credentials to a container', () => {
    for (const { Properties } of ofType('AWS::EC2::LaunchTemplate')) {
      const data = Properties.LaunchTemplateData as Record<string, unknown>;
      expect(data.MetadataOptions).toEqual({
        HttpEndpoint: 'enabled',
        HttpTokens: 'required',
        HttpPutResponseHopLimit: 1,
      });
      expect(JSON.stringify(data.UserData)).toContain('ECS_AWSVPC_BLOCK_IMDS=true');
    }
  });
});

describe('what roles may do', () => {
  it('is on named resources, but for what AWS takes no ARN for', () => {
    const onAll = statementsIn(whole)
      .filter(({ statement }) => statement.Effect === 'Allow' && statement.Resource === '*')
      .map(({ name, statement }) => [
        name,
        [statement.Action].flat(),
        statement.Condition !== undefined,
      ]);

    // infra/roles.ts tells the reason of each.
    expect(onAll).toEqual([
      [
        'InvokeRole',
        [
          'ec2:CreateNetworkInterface',
          'ec2:DescribeNetworkInterfaces',
          'ec2:DescribeSubnets',
          'ec2:DeleteNetworkInterface',
          'ec2:AssignPrivateIpAddresses',
          'ec2:UnassignPrivateIpAddresses',
        ],
        false,
      ],
      ['ReconcileRole', ['ecs:ListTasks'], true],
      [
        'ReconcileRole',
        [
          'ecs:ListTaskDefinitions',
          'ecs:ListTaskDefinitionFamilies',
          'ecs:DeregisterTaskDefinition',
        ],
        false,
      ],
      ['SweepRole', ['ecs:ListTaskDefinitionFamilies'], false],
      ['SweepRole', ['ecs:ListServices'], true],
      ['TaskExecutionRole', ['ecr:GetAuthorizationToken'], false],
      ['HostRole', ['ecs:DiscoverPollEndpoint'], false],
      ['HostRole', ['ecr:GetAuthorizationToken'], false],
    ]);
  });

  it('is never every action of a service', () => {
    const actions = statementsIn(whole).flatMap(({ statement }) =>
      statement.Effect === 'Allow' ? [statement.Action].flat() : [],
    );

    expect(actions.length).toBeGreaterThan(40);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  it('lets the reconciler pass the roles of tasks to ECS tasks, and no other to nobody', () => {
    const passing = statementsIn(whole).filter(({ statement }) =>
      [statement.Action].flat().includes('iam:PassRole'),
    );

    expect(passing).toHaveLength(1);
    expect(passing[0]?.name).toBe('ReconcileRole');
    expect(passing[0]?.statement).toMatchObject({
      Resource: [
        { 'Fn::GetAtt': ['TaskRole', 'Arn'] },
        { 'Fn::GetAtt': ['TaskExecutionRole', 'Arn'] },
        { 'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/headrace-prod/*' },
      ],
      Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    });
  });
});

await describeWith('cfn-lint', ['cfn-lint', '--version'], () => {
  it('finds nothing', async () => {
    const templates = ['create', 'update'].map(
      (step) => `${folder}/.serverless/cloudformation-template-${step}-stack.json`,
    );
    const linted = await run(
      'cfn-lint',
      ['--regions', 'eu-west-1', 'us-east-1', '--', ...templates],
      withoutAwsSettings(),
    );

    expect(linted).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

/** Functions are those of the configuration as it comes: they name its subnets. */
function withoutFunctions(resources: Resources): Resources {
  return Object.fromEntries(
    Object.entries(resources).map(([name, resource]) => {
      const isFunction = resource.Type === 'AWS::Lambda::Function';
      return [name, isFunction ? { ...resource, Properties: {} } : resource];
    }),
  );
}

function ofType(type: string, ...templates: Template[]): Resource[] {
  const all = templates.length === 0 ? [whole] : templates;
  const found = all.flatMap(({ Resources }) =>
    Object.values(Resources).filter(({ Type }) => Type === type),
  );
  expect(found.length).toBeGreaterThan(0);
  return found;
}

function functions(): Resource[] {
  return ofType('AWS::Lambda::Function');
}

function variablesOf(properties: Resource['Properties']): Record<string, unknown> {
  return (properties.Environment as { Variables: Record<string, unknown> }).Variables;
}

/** What CloudFormation might make of a value. */
function resolved(value: unknown): string {
  const pseudo: Record<string, string> = {
    'AWS::AccountId': '123456789012',
    'AWS::Partition': 'aws',
    'AWS::Region': 'eu-west-1',
    'AWS::URLSuffix': 'amazonaws.com',
    ReconcileQueue: 'https://sqs.example/ReconcileQueue',
  };
  const named = (name: string) => pseudo[name] ?? name;
  if (typeof value !== 'object' || value === null) return String(value);
  if ('Ref' in value) return named(String(value.Ref));
  if ('Fn::GetAtt' in value) return (value['Fn::GetAtt'] as string[]).join('.');
  if ('Fn::Sub' in value) {
    return String(value['Fn::Sub']).replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => named(name));
  }
  const [separator, parts] = (value as { 'Fn::Join': [string, unknown[]] })['Fn::Join'];
  return parts.map(resolved).join(separator);
}

interface PolicyStatement {
  Effect: string;
  Action: string | string[];
  Resource?: unknown;
  Principal?: unknown;
  Condition?: object;
}

/** Every statement of every policy, with the resource that has it. */
function statementsIn({ Resources }: Template) {
  return Object.entries(Resources).flatMap(([name, { Properties }]) =>
    policiesIn(Properties).map((statement) => ({ name, statement })),
  );
}

function policiesIn(value: unknown): PolicyStatement[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    key === 'Statement' ? (member as PolicyStatement[]) : policiesIn(member),
  );
}

/** References to a resource, or to an attribute of one, that is not there. */
function danglingReferences(resources: Resources): string[] {
  const exists = (name: string, attribute?: string) => {
    if (name.startsWith('AWS::')) return true;
    const resource = resources[name];
    if (resource === undefined) return false;
    return attribute === undefined || attributesOf(resource.Type).includes(attribute);
  };
  const walk = (value: unknown): string[] => {
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, member]) => {
      if (key === 'Ref') return exists(member as string) ? [] : [`Ref ${member}`];
      if (key === 'DependsOn') return (member as string[]).filter((name) => !exists(name));
      if (key === 'Fn::GetAtt') {
        const [name = '', attribute] = member as string[];
        return exists(name, attribute) ? [] : [`GetAtt ${name}.${attribute}`];
      }
      if (key === 'Fn::Sub') {
        return [...(member as string).matchAll(/\$\{([^}!]+)\}/g)].flatMap(([, name = '']) => {
          const [logical = '', attribute] = name.split('.');
          return exists(logical, attribute) ? [] : [`Sub ${name}`];
        });
      }
      return walk(member);
    });
  };
  return walk(resources);
}

/** As API Gateway chooses: a fixed part before a variable one, that before a greedy one. */
function methodFor(parts: string[]): Resource {
  const children = (parent: string | undefined) =>
    Object.entries(whole.Resources).filter(
      ([, { Type, Properties }]) =>
        Type === 'AWS::ApiGateway::Resource' &&
        (parent === undefined
          ? JSON.stringify(Properties.ParentId).includes('RootResourceId')
          : JSON.stringify(Properties.ParentId) === JSON.stringify({ Ref: parent })),
    );
  let at: string | undefined;
  for (const part of parts) {
    const below = children(at);
    const chosen =
      below.find(([, { Properties }]) => Properties.PathPart === part) ??
      below.find(([, { Properties }]) => /^\{\w+\}$/.test(String(Properties.PathPart))) ??
      below.find(([, { Properties }]) => Properties.PathPart === '{proxy+}');
    if (chosen === undefined) throw new Error(`nothing answers ${parts.join('/')}`);
    at = chosen[0];
    if (chosen[1].Properties.PathPart === '{proxy+}') break;
  }
  const id = at === undefined ? { 'Fn::GetAtt': ['RestApi', 'RootResourceId'] } : { Ref: at };
  const method = Object.values(whole.Resources).find(
    ({ Type, Properties }) =>
      Type === 'AWS::ApiGateway::Method' &&
      JSON.stringify(Properties.ResourceId) === JSON.stringify(id),
  );
  if (method === undefined) throw new Error(`nothing answers ${parts.join('/')}`);
  return method;
}
