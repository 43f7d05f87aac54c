import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  DescribeClustersCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  ListServicesCommand,
  ListTaskDefinitionsCommand,
} from '@aws-sdk/client-ecs';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListFunctionsCommand,
} from '@aws-sdk/client-lambda';
import { ListBucketsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DescribeEndpointCommand,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { ListQueuesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGateway } from '../src/local/gateway.ts';
import { closeServer, listenOnLoopback } from '../src/local/http-server.ts';
import { asLambda } from '../src/local/lambda.ts';
import { run, withoutAwsSettings } from './support/command.ts';
import { describeWith } from './support/required-client.ts';
import { serviceFolder, sls } from './support/service.ts';
import { until } from './support/until.ts';

/**
 * The whole stack on moto, which has most of AWS in one process, but no hosts: tasks never run. What moto's
 * CloudFormation knows nothing of is not covered here: ECS capacity providers, security groups' rules that stand
 * alone, queue and bucket policies, the API's stage, account and gateway responses, alarms and metric filters.
 */
await describeWith('moto_server', ['moto_server', '--help'], () => {
  const REGION = 'eu-west-1';
  const ACCOUNT = '123456789012';
  const IMAGE = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/router:1`;
  const CONFIG = `
instanceTypes: { ml.c5.large: { max: 3 } }
router: { image: "${IMAGE}" }
alarms: { email: somebody@example.com }
`;
  const STAGE = ['--stage', 'prod', '--region', REGION];

  const moto = { url: '', process: undefined as ChildProcess | undefined };
  let folder: string;
  let aws: {
    endpoint: string;
    region: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
  };

  beforeAll(async () => {
    await startMoto();
    aws = {
      endpoint: moto.url,
      region: REGION,
      credentials: { accessKeyId: 'a', secretAccessKey: 'a' },
    };
    folder = await serviceFolder(CONFIG);
  });

  afterAll(async () => {
    moto.process?.kill();
    if (moto.process?.exitCode === null) await once(moto.process, 'exit');
    await rm(folder, { recursive: true, force: true });
  });

  const runSls = (...args: string[]) =>
    sls(folder, [...args, ...STAGE], {
      AWS_ENDPOINT_URL: moto.url,
      SLS_AWS_MONITORING_FREQUENCY: '300',
    });

  test('a stack is deployed, serves the control plane, and is removed whole', async () => {
    const deployed = await runSls('deploy');
    expect(deployed).toMatchObject({ code: 0 });
    const [, url = ''] = /^Endpoint URL: (\S+)$/m.exec(deployed.stdout) ?? [];
    expect(url).toMatch(/^https:\/\/\w+\.execute-api\.eu-west-1\.amazonaws\.com\/prod$/);
    expect(deployed.stdout).toContain(`AWS_ENDPOINT_URL_SAGEMAKER=${url} `);
    expect(deployed.stdout).toContain(`endpoint_url="${url}", region_name="eu-west-1")`);
    expect(deployed.stdout).toContain(
      `SageMakerRuntimeClient({ endpoint: "${url}", region: "eu-west-1" })`,
    );

    const { HEADRACE_QUEUE_URL = '', ...others } = await variablesOf('headrace-prod-reconcile');
    // A queue's URL is where its client sends to: AWS's own host, as moto tells it.
    const queueUrl = moto.url + new URL(HEADRACE_QUEUE_URL).pathname;
    const variables: Record<string, string> = { ...others, HEADRACE_QUEUE_URL: queueUrl };
    const functions = await loadFunctions(variables);
    const credentials = await createKey();
    const sagemaker = new SageMakerClient({ ...aws, credentials, endpoint: functions.url });
    try {
      await createEndpoint(sagemaker);
      await until('the service of the endpoint', async () => {
        await functions.reconcileWhatIsQueued();
        return (await services())[0];
      });
      expect(
        await sagemaker.send(new DescribeEndpointCommand({ EndpointName: 'iris' })),
      ).toMatchObject({
        EndpointStatus: 'Creating',
        EndpointArn: `arn:aws:sagemaker:eu-west-1:${ACCOUNT}:endpoint/iris`,
      });
    } finally {
      await closeServer(functions.server);
    }

    const ecs = new ECSClient(aws);
    const [service] = await services();
    const { taskDefinition } = await ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: service?.taskDefinition }),
    );
    expect(service).toMatchObject({
      serviceName: expect.stringMatching(/^headrace-prod_iris_AllTraffic_[0-9a-f]{12}$/),
      clusterArn: `arn:aws:ecs:eu-west-1:${ACCOUNT}:cluster/headrace-prod`,
      desiredCount: 2,
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: variables.HEADRACE_SUBNETS?.split(','),
          securityGroups: [variables.HEADRACE_SECURITY_GROUPS],
        },
      },
    });
    expect(variables.HEADRACE_SUBNETS).toMatch(/^subnet-\w+,subnet-\w+$/);
    expect(taskDefinition).toMatchObject({
      family: service?.serviceName,
      networkMode: 'awsvpc',
      requiresCompatibilities: ['EC2'],
      cpu: '2048',
      taskRoleArn: expect.stringMatching(/^arn:aws:iam::123456789012:role\/.*TaskRole/),
      executionRoleArn: expect.stringMatching(
        /^arn:aws:iam::123456789012:role\/.*TaskExecutionRole/,
      ),
    });
    expect(taskDefinition?.containerDefinitions?.map(({ name, image }) => [name, image])).toEqual([
      ['headrace_router', IMAGE],
      ['featurise', 'featurise:1'],
      ['predict', 'predict:1'],
    ]);
    for (const { logConfiguration } of taskDefinition?.containerDefinitions ?? []) {
      expect(logConfiguration?.options).toMatchObject({
        'awslogs-group': '/headrace-prod/Endpoints/iris',
        'awslogs-region': REGION,
      });
    }

    const before = await everything();
    for (const found of Object.values(before)) expect(found).not.toEqual([]);
    const [bucket = ''] = before.buckets.filter((name) => name.includes('databucket'));
    await new S3Client({ ...aws, forcePathStyle: true }).send(
      new PutObjectCommand({ Bucket: bucket, Key: 'precious', Body: 'x' }),
    );
    await removeRouteTables();
    const removed = await runSls('remove');

    expect(removed).toMatchObject({ code: 0 });
    // What somebody put there is theirs to delete.
    expect(removed.stdout).toContain(`The bucket ${bucket} is kept, since objects are in it.`);
    const nothing = Object.fromEntries(Object.keys(before).map((kind) => [kind, []]));
    // moto's CloudFormation deletes no cluster. ECS would, when nothing is in it.
    const emptyCluster = {
      registeredContainerInstancesCount: 0,
      runningTasksCount: 0,
      pendingTasksCount: 0,
      activeServicesCount: 0,
    };
    expect(await everything()).toEqual({
      ...nothing,
      buckets: [bucket],
      clusters: [expect.objectContaining(emptyCluster)],
    });
  }, 300_000);

  async function startMoto(): Promise<void> {
    const port = await freePort();
    moto.process = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], {
      stdio: 'ignore',
      env: withoutAwsSettings(),
    });
    moto.url = `http://127.0.0.1:${port}`;
    // Until it listens nobody answers.
    await until('moto to answer', () => fetch(`${moto.url}/moto-api/`).catch(() => undefined));
  }

  async function variablesOf(FunctionName: string): Promise<Record<string, string>> {
    const { Environment } = await new LambdaClient(aws).send(
      new GetFunctionConfigurationCommand({ FunctionName }),
    );
    return Environment?.Variables ?? {};
  }

  /** The very bundles that were uploaded, with what Lambda would give them, behind the laptop's gateway. */
  async function loadFunctions(variables: Record<string, string>) {
    Object.assign(process.env, variables, {
      AWS_REGION: REGION,
      AWS_ENDPOINT_URL: moto.url,
      AWS_ENDPOINT_URL_SSM: moto.url,
      AWS_ENDPOINT_URL_EVENTBRIDGE: moto.url,
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'a',
    });
    const load = async (name: string) =>
      (await import(pathToFileURL(join(folder, `build/functions/${name}.mjs`)).href)).handler;
    const reconcile = asLambda('reconcile', await load('reconcile'));
    const server: Server = createGateway({
      api: asLambda('api', await load('api')),
      authorizer: asLambda('authorizer', await load('authorizer')),
      invoke: async () => ({ statusCode: 500, headers: {}, body: '' }),
      logs: async () => Readable.from(''),
      events: () => Readable.from(''),
      metrics: () => '',
      signIn: async () => undefined,
    });
    const port = await listenOnLoopback(server, 0);
    return {
      server,
      url: `http://127.0.0.1:${port}`,
      reconcileWhatIsQueued: async () => {
        const { Messages = [] } = await new SQSClient(aws).send(
          new ReceiveMessageCommand({
            QueueUrl: variables.HEADRACE_QUEUE_URL,
            MaxNumberOfMessages: 10,
          }),
        );
        const Records = Messages.map(({ Body, MessageId }) => ({
          body: Body,
          messageId: MessageId,
        }));
        expect(await reconcile({ Records })).toEqual({ batchItemFailures: [] });
      },
    };
  }

  /** As the line says that a deployment ends with. */
  async function createKey() {
    const made = await run(
      process.execPath,
      [
        join(import.meta.dirname, '../src/auth/keys/main.ts'),
        ...['create', '--name', 'me', '--allow', 'admin', '--json', ...STAGE],
      ],
      { ...withoutAwsSettings(), AWS_ENDPOINT_URL: moto.url },
    );
    return JSON.parse(made.stdout).created[0];
  }

  async function createEndpoint(sagemaker: SageMakerClient): Promise<void> {
    await sagemaker.send(
      new CreateModelCommand({
        ModelName: 'iris',
        Containers: ['featurise', 'predict'].map((name) => ({
          ContainerHostname: name,
          Image: `${name}:1`,
        })),
      }),
    );
    const variant = {
      VariantName: 'AllTraffic',
      ModelName: 'iris',
      InstanceType: 'ml.c5.large',
      InitialInstanceCount: 2,
    } as const;
    await sagemaker.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: 'iris',
        ProductionVariants: [variant],
      }),
    );
    await sagemaker.send(
      new CreateEndpointCommand({ EndpointName: 'iris', EndpointConfigName: 'iris' }),
    );
  }

  async function services() {
    const ecs = new ECSClient(aws);
    const cluster = 'headrace-prod';
    const { serviceArns = [] } = await ecs.send(new ListServicesCommand({ cluster }));
    if (serviceArns.length === 0) return [];
    const described = await ecs.send(
      new DescribeServicesCommand({ cluster, services: serviceArns }),
    );
    return (described.services ?? []).filter(({ status }) => status === 'ACTIVE');
  }

  /** What a stack has that costs, or that stands in the next one's way. */
  async function everything() {
    const ecs = new ECSClient(aws);
    const s3 = new S3Client({ ...aws, forcePathStyle: true });
    const ssm = new SSMClient(aws);
    const [
      keys,
      clusters,
      definitions,
      functions,
      tables,
      queues,
      buckets,
      logs,
      repositories,
      groups,
    ] = await Promise.all([
      ssm.send(new GetParametersByPathCommand({ Path: '/headrace-prod/keys' })),
      ecs.send(new DescribeClustersCommand({ clusters: ['headrace-prod'] })),
      ecs.send(new ListTaskDefinitionsCommand({})),
      new LambdaClient(aws).send(new ListFunctionsCommand({})),
      new DynamoDBClient(aws).send(new ListTablesCommand({})),
      new SQSClient(aws).send(new ListQueuesCommand({})),
      s3.send(new ListBucketsCommand({})),
      new CloudWatchLogsClient(aws).send(new DescribeLogGroupsCommand({})),
      new ECRClient(aws).send(new DescribeRepositoriesCommand({})),
      new AutoScalingClient(aws).send(new DescribeAutoScalingGroupsCommand({})),
    ]);
    return {
      keys: (keys.Parameters ?? []).map(({ Name }) => Name),
      // A deleted one is told of for a while.
      clusters: (clusters.clusters ?? []).filter(({ status }) => status === 'ACTIVE'),
      services: await services(),
      definitions: definitions.taskDefinitionArns ?? [],
      functions: (functions.Functions ?? []).map(({ FunctionName }) => FunctionName),
      tables: tables.TableNames ?? [],
      queues: queues.QueueUrls ?? [],
      buckets: (buckets.Buckets ?? []).map(({ Name = '' }) => Name),
      logs: (logs.logGroups ?? []).map(({ logGroupName }) => logGroupName),
      repositories: (repositories.repositories ?? []).map(({ repositoryName }) => repositoryName),
      groups: (groups.AutoScalingGroups ?? []).map(
        ({ AutoScalingGroupName }) => AutoScalingGroupName,
      ),
    };
  }

  /** moto's CloudFormation makes route tables and does not delete them, so that the VPC could not go either. */
  async function removeRouteTables(): Promise<void> {
    const described = await ec2('DescribeRouteTables');
    for (const [, id = ''] of described.matchAll(/<routeTableAssociationId>(rtbassoc-\w+)</g)) {
      await ec2('DisassociateRouteTable', { AssociationId: id });
    }
    for (const id of new Set(
      [...described.matchAll(/<routeTableId>(rtb-\w+)</g)].map(([, one]) => one),
    )) {
      await ec2('DeleteRouteTable', { RouteTableId: id ?? '' });
    }
  }

  async function ec2(Action: string, members: Record<string, string> = {}): Promise<string> {
    const scope = `a/20260101/${REGION}/ec2/aws4_request`;
    const answer = await fetch(moto.url, {
      method: 'POST',
      headers: {
        Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
      },
      body: new URLSearchParams({ Action, Version: '2016-11-15', ...members }),
    });
    return answer.text();
  }
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
