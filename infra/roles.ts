import { att, type Resource, type Resources, sub } from './resource.ts';
import type { StackConfig } from './stack-config.ts';

interface Statement {
  Effect: 'Allow' | 'Deny';
  Action: string[];
  Resource: unknown;
  Condition?: object;
}

/** `{stack}` and the pseudo parameters of CloudFormation may stand in an ARN. */
type Arn = (service: string, resource: string) => unknown;

const NETWORK_INTERFACES = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/** ECS says for whom it asks for a task's role: it cannot be talked into using ours by another account. */
const FOR_THIS_ACCOUNT = {
  StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
};

/**
 * Who may do what. Everything is allowed on ARNs that begin with the stack's name, or by a condition that ties it to
 * the stack; `*` stands where AWS knows no ARN for an action, by the Service Authorization Reference, and
 * the line above each says so. test/template counts them.
 */
export function roles(config: StackConfig): Resources {
  const arn: Arn = (service, resource) =>
    sub(
      `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource.replaceAll('{stack}', config.stack)}`,
    );
  return {
    ApiRole: functionRole(config, arn, 'api', [
      ...table(['GetItem', 'PutItem', 'DeleteItem', 'Query']),
      wake(),
      ...keys(config, arn),
    ]),
    AuthorizerRole: functionRole(config, arn, 'authorizer', []),
    InvokeRole: functionRole(config, arn, 'invoke', [
      // Routes are in the endpoints' records; nothing else of the table is read.
      limitedTo('endpoint/*', ['dynamodb:GetItem']),
      ...keys(config, arn),
      ...traces(config),
      // AWS: Lambda makes network interfaces with the function's role, and wants these on all of them.
      { Effect: 'Allow', Action: NETWORK_INTERFACES, Resource: '*' },
      {
        // The function's own code has no use for them.
        Effect: 'Deny',
        Action: NETWORK_INTERFACES,
        Resource: '*',
        Condition: {
          ArnEquals: { 'lambda:SourceFunctionArn': arn('lambda', 'function:{stack}-invoke') },
        },
      },
    ]),
    ReconcileRole: functionRole(config, arn, 'reconcile', [
      ...table(['GetItem', 'PutItem', 'DeleteItem', 'Query']),
      wake(),
      {
        Effect: 'Allow',
        Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        Resource: att('ReconcileQueue', 'Arn'),
      },
      ...ecs(arn),
      ...logGroups(arn),
      {
        Effect: 'Allow',
        Action: ['cloudwatch:DescribeAlarms'],
        Resource: arn('cloudwatch', 'alarm:*'),
      },
      {
        // Uploads that a job which is stopped will never complete.
        Effect: 'Allow',
        Action: ['s3:AbortMultipartUpload'],
        Resource: objects(config),
      },
      {
        // State changes of endpoints and jobs, on the bus where SageMaker has its own.
        Effect: 'Allow',
        Action: ['events:PutEvents'],
        Resource: arn('events', 'event-bus/default'),
        Condition: { StringEquals: { 'events:source': 'headrace' } },
      },
      passRole(config),
    ]),
    S3TriggerRole: functionRole(config, arn, 's3-trigger', [
      ...table(['GetItem', 'PutItem', 'DeleteItem', 'Query']),
      wake(),
      // Lambda keeps there what the function could not work on.
      { Effect: 'Allow', Action: ['sqs:SendMessage'], Resource: att('DeadLetterQueue', 'Arn') },
    ]),
    SweepRole: functionRole(config, arn, 'sweep', [
      ...table(['Query']),
      wake(),
      // AWS: no ARN for lists; the condition ties that of services to the cluster.
      { Effect: 'Allow', Action: ['ecs:ListTaskDefinitionFamilies'], Resource: '*' },
      {
        Effect: 'Allow',
        Action: ['ecs:ListServices'],
        Resource: '*',
        Condition: { ArnEquals: { 'ecs:cluster': att('Cluster', 'Arn') } },
      },
      {
        Effect: 'Allow',
        Action: ['logs:DescribeLogGroups'],
        Resource: arn('logs', 'log-group:*'),
      },
    ]),
    TaskExecutionRole: role('ecs-tasks.amazonaws.com', [
      ...pull(),
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: arn('logs', 'log-group:/{stack}/*'),
      },
    ]),
    TaskRole: role(
      'ecs-tasks.amazonaws.com',
      [
        {
          Effect: 'Allow',
          Action: ['s3:ListBucket', 's3:GetBucketLocation'],
          Resource: buckets(config),
        },
        {
          // Model data and inputs; the outputs of transform jobs, in parts too.
          Effect: 'Allow',
          Action: [
            's3:GetObject',
            's3:GetObjectVersion',
            's3:PutObject',
            's3:AbortMultipartUpload',
            's3:ListMultipartUploadParts',
          ],
          Resource: objects(config),
        },
        // How far a job is: its worker's own keys, and nothing of the definitions.
        limitedTo('transform-work/*', ['dynamodb:GetItem', 'dynamodb:PutItem']),
      ],
      FOR_THIS_ACCOUNT,
    ),
    HostRole: role('ec2.amazonaws.com', hostStatements(arn)),
    ...(config.accessLog && { ApiGatewayLogRole: apiGatewayLogRole() }),
  };
}

function functionRole(
  { stack }: StackConfig,
  arn: Arn,
  name: string,
  statements: Statement[],
): Resource {
  const own = {
    Effect: 'Allow' as const,
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: arn('logs', `log-group:/aws/lambda/${stack}-${name}:*`),
  };
  return role('lambda.amazonaws.com', [own, ...statements]);
}

function role(Service: string, Statement: Statement[], Condition?: object): Resource {
  const trust = { Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole', Condition };
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [trust] },
      Policies: [{ PolicyName: 'own', PolicyDocument: { Version: '2012-10-17', Statement } }],
    },
  };
}

function table(actions: string[]): Statement[] {
  return [
    {
      Effect: 'Allow',
      Action: actions.map((action) => `dynamodb:${action}`),
      Resource: [att('Table', 'Arn'), sub('${Table.Arn}/index/*')],
    },
  ];
}

function limitedTo(keys: string, Action: string[]): Statement {
  return {
    Effect: 'Allow',
    Action,
    Resource: att('Table', 'Arn'),
    Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [keys] } },
  };
}

function wake(): Statement {
  return { Effect: 'Allow', Action: ['sqs:SendMessage'], Resource: att('ReconcileQueue', 'Arn') };
}

/** The secrets of callers' access keys. They are encrypted with the key that SSM has in the account. */
function keys({ signIn }: StackConfig, arn: Arn): Statement[] {
  if (signIn !== 'keys') return [];
  return [
    {
      Effect: 'Allow',
      Action: ['ssm:GetParameter'],
      Resource: arn('ssm', 'parameter/{stack}/keys/*'),
    },
  ];
}

/** What Lambda and the function say of requests that are sampled. */
function traces({ tracing }: StackConfig): Statement[] {
  if (tracing === 'off') return [];
  // AWS: no ARN for these.
  const Action = ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'];
  return [{ Effect: 'Allow', Action, Resource: '*' }];
}

function ecs(arn: Arn): Statement[] {
  const inCluster = { ArnEquals: { 'ecs:cluster': att('Cluster', 'Arn') } };
  return [
    {
      Effect: 'Allow',
      Action: [
        'ecs:CreateService',
        'ecs:UpdateService',
        'ecs:DeleteService',
        'ecs:DescribeServices',
      ],
      Resource: arn('ecs', 'service/{stack}/{stack}_*'),
    },
    {
      Effect: 'Allow',
      Action: ['ecs:RegisterTaskDefinition', 'ecs:DeleteTaskDefinitions', 'ecs:RunTask'],
      Resource: arn('ecs', 'task-definition/{stack}_*'),
    },
    {
      Effect: 'Allow',
      Action: ['ecs:DescribeTasks', 'ecs:StopTask'],
      Resource: arn('ecs', 'task/{stack}/*'),
    },
    {
      Effect: 'Allow',
      Action: ['ecs:TagResource'],
      Resource: [
        arn('ecs', 'service/{stack}/{stack}_*'),
        arn('ecs', 'task-definition/{stack}_*'),
        arn('ecs', 'task/{stack}/*'),
      ],
      Condition: {
        StringEquals: {
          'ecs:CreateAction': ['CreateService', 'RegisterTaskDefinition', 'RunTask'],
        },
      },
    },
    // AWS: no ARN for the list of a cluster's tasks; the condition ties it to the cluster.
    { Effect: 'Allow', Action: ['ecs:ListTasks'], Resource: '*', Condition: inCluster },
    // AWS: no ARN for lists of task definitions, nor for taking one out of use.
    {
      Effect: 'Allow',
      Action: [
        'ecs:ListTaskDefinitions',
        'ecs:ListTaskDefinitionFamilies',
        'ecs:DeregisterTaskDefinition',
      ],
      Resource: '*',
    },
  ];
}

/** Where tasks log: made with an endpoint, read when it fails, removed with it. */
function logGroups(arn: Arn): Statement[] {
  return [
    {
      Effect: 'Allow',
      Action: [
        'logs:CreateLogGroup',
        'logs:PutRetentionPolicy',
        'logs:DeleteLogGroup',
        'logs:GetLogEvents',
      ],
      Resource: arn('logs', 'log-group:/{stack}/*'),
    },
    { Effect: 'Allow', Action: ['logs:DescribeLogGroups'], Resource: arn('logs', 'log-group:*') },
  ];
}

/** A task runs as its model's role, or as the stack's: roles that the configuration lists, for ECS tasks alone. */
function passRole({ executionRoles }: StackConfig): Statement {
  return {
    Effect: 'Allow',
    Action: ['iam:PassRole'],
    Resource: [
      att('TaskRole', 'Arn'),
      att('TaskExecutionRole', 'Arn'),
      ...executionRoles.map((name) =>
        sub(`arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/${name}`),
      ),
    ],
    Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
  };
}

/** Stages come from any repository that lets this account pull: models name them. */
function pull(): Statement[] {
  return [
    // AWS: the token is for all of ECR; what it opens, the next statement says.
    { Effect: 'Allow', Action: ['ecr:GetAuthorizationToken'], Resource: '*' },
    {
      Effect: 'Allow',
      Action: [
        'ecr:BatchCheckLayerAvailability',
        'ecr:BatchGetImage',
        'ecr:GetDownloadUrlForLayer',
      ],
      Resource: sub('arn:${AWS::Partition}:ecr:*:*:repository/*'),
    },
  ];
}

/** What the ECS agent does: less than AWS's managed policy, which is for every cluster. */
function hostStatements(arn: Arn): Statement[] {
  const instances = arn('ecs', 'container-instance/{stack}/*');
  return [
    {
      Effect: 'Allow',
      Action: [
        'ecs:RegisterContainerInstance',
        'ecs:DeregisterContainerInstance',
        'ecs:SubmitAttachmentStateChanges',
        'ecs:SubmitContainerStateChange',
        'ecs:SubmitTaskStateChange',
      ],
      Resource: att('Cluster', 'Arn'),
    },
    {
      Effect: 'Allow',
      Action: ['ecs:Poll', 'ecs:StartTelemetrySession', 'ecs:UpdateContainerInstancesState'],
      Resource: instances,
    },
    {
      Effect: 'Allow',
      Action: ['ecs:TagResource'],
      Resource: instances,
      Condition: { StringEquals: { 'ecs:CreateAction': 'RegisterContainerInstance' } },
    },
    // AWS: the agent asks where its endpoint is before it is anybody.
    { Effect: 'Allow', Action: ['ecs:DiscoverPollEndpoint'], Resource: '*' },
    // An agent pulls with the task's execution role; one that does not has its own to fall back on.
    ...pull(),
  ];
}

/** AWS's own policy for this, since API Gateway checks that the role is allowed what is in it. */
function apiGatewayLogRole(): Resource {
  return {
    Type: 'AWS::IAM::Role',
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'apigateway.amazonaws.com' },
            Action: 'sts:AssumeRole',
          },
        ],
      },
      ManagedPolicyArns: [
        sub(
          'arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs',
        ),
      ],
    },
  };
}

function buckets({ buckets }: StackConfig): unknown[] {
  return [
    att('DataBucket', 'Arn'),
    ...buckets.map((name) => sub(`arn:\${AWS::Partition}:s3:::${name}`)),
  ];
}

function objects({ buckets }: StackConfig): unknown[] {
  return [
    sub('${DataBucket.Arn}/*'),
    ...buckets.map((name) => sub(`arn:\${AWS::Partition}:s3:::${name}/*`)),
  ];
}
