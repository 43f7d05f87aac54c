import {
  CreateLogGroupCommand,
  GetLogEventsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  ClientException,
  ClusterNotFoundException,
  CreateServiceCommand,
  DeleteServiceCommand,
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  DescribeClustersCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  type ECSClient,
  InvalidParameterException,
  ListServicesCommand,
  ListTagsForResourceCommand,
  ListTasksCommand,
  paginateListServices,
  paginateListTaskDefinitionFamilies,
  paginateListTaskDefinitions,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  ServiceNotActiveException,
  ServiceNotFoundException,
  StopTaskCommand,
  TagResourceCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RealEcs } from '../../../test/support/ecs/real-ecs.ts';
import { SimulatedRuntime } from '../../../test/support/ecs/simulated-runtime.ts';
import type { RunningEcs } from './start-ecs.ts';

let real: RealEcs;
let ecs: RunningEcs;
let client: ECSClient;

beforeEach(async () => {
  real = new RealEcs();
  ecs = await real.start({ runtime: (context) => new SimulatedRuntime(context) });
  client = real.client(ecs);
});

afterEach(() => real.close());

async function register(family: string): Promise<void> {
  await client.send(
    new RegisterTaskDefinitionCommand({
      family,
      networkMode: 'awsvpc',
      requiresCompatibilities: ['EC2'],
      cpu: '256',
      memory: '512',
      taskRoleArn: 'arn:aws:iam::000000000000:role/task',
      tags: [{ key: 'headrace:endpoint', value: 'abalone' }],
      containerDefinitions: [
        { name: 'app', image: 'app', portMappings: [{ containerPort: 8080 }], privileged: false },
      ],
    }),
  );
}

function create(serviceName: string, more: { clientToken?: string; desiredCount?: number } = {}) {
  return client.send(
    new CreateServiceCommand({ serviceName, taskDefinition: 'app', desiredCount: 0, ...more }),
  );
}

test('a task definition is kept, with what we do not use and with the defaults of ECS', async () => {
  await register('app');

  const found = await client.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: 'app', include: ['TAGS'] }),
  );

  expect(found.tags).toEqual([{ key: 'headrace:endpoint', value: 'abalone' }]);
  expect(found.taskDefinition).toMatchObject({
    taskDefinitionArn: 'arn:aws:ecs:us-east-1:000000000000:task-definition/app:1',
    family: 'app',
    revision: 1,
    status: 'ACTIVE',
    registeredAt: expect.any(Date),
    requiresCompatibilities: ['EC2'],
    containerDefinitions: [
      {
        essential: true,
        privileged: false,
        environment: [],
        portMappings: [{ containerPort: 8080, hostPort: 8080, protocol: 'tcp' }],
      },
    ],
  });
});

test('the life of a task definition: ACTIVE, INACTIVE, deleted; revisions are not used again', async () => {
  await register('app');
  await register('app');
  const remove = new DeleteTaskDefinitionsCommand({ taskDefinitions: ['app:1'] });

  const early = await client.send(remove);
  await client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'app:1' }));
  const inactive = await client.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: 'app:1' }),
  );
  const deleted = await client.send(remove);
  await client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'app:2' }));
  await client.send(new DeleteTaskDefinitionsCommand({ taskDefinitions: ['app:2'] }));
  await register('app');
  const latest = await client.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'app' }));
  const gone = client.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'app:1' }));

  expect(early.failures?.[0]?.reason).toContain('still in ACTIVE status');
  expect(inactive.taskDefinition?.status).toBe('INACTIVE');
  expect(deleted.taskDefinitions?.[0]?.status).toBe('DELETE_IN_PROGRESS');
  expect(latest.taskDefinition?.revision).toBe(3);
  await expect(gone).rejects.toThrow(ClientException);
  await expect(gone).rejects.toThrow('Unable to describe task definition.');
});

test.each([
  [{ name: 'a', dependsOn: [{ containerName: 'b', condition: 'START' }] }, 'cycle'],
  [{ name: 'a', dependsOn: [{ containerName: 'x', condition: 'START' }] }, 'does not exist'],
  [{ name: 'b' }, 'Duplicate container name'],
  [{ name: 'a', mountPoints: [{ sourceVolume: 'v', containerPath: '/opt' }] }, 'Unknown volume'],
] as const)('a task definition that cannot run is refused: %j', async (container, message) => {
  const refused = client.send(
    new RegisterTaskDefinitionCommand({
      family: 'bad',
      containerDefinitions: [
        { image: 'app', ...container } as object,
        { name: 'b', image: 'app', dependsOn: [{ containerName: 'a', condition: 'START' }] },
      ],
    }),
  );

  await expect(refused).rejects.toThrow(ClientException);
  await expect(refused).rejects.toThrow(message);
});

test('lists come in pages, in order', async () => {
  for (const family of ['b', 'app', 'c']) await register(family);
  await register('app');
  await register('app');
  for (const name of ['s2', 's1', 's3']) await create(name);
  const collect = async <T>(pages: AsyncIterable<T>, of: (page: T) => string[] | undefined) => {
    const all: string[][] = [];
    for await (const page of pages) all.push(of(page) ?? []);
    return all.map((page) => page.map((arn) => arn.slice(arn.lastIndexOf('/') + 1)));
  };

  const config = { client, pageSize: 2 };
  const services = await collect(paginateListServices(config, {}), (page) => page.serviceArns);
  const definitions = await collect(
    paginateListTaskDefinitions(config, { familyPrefix: 'app', sort: 'DESC' }),
    (page) => page.taskDefinitionArns,
  );
  const families = await collect(
    paginateListTaskDefinitionFamilies(config, {}),
    (page) => page.families,
  );

  expect(services).toEqual([['s1', 's2'], ['s3']]);
  expect(definitions).toEqual([['app:3', 'app:2'], ['app:1']]);
  expect(families).toEqual([['app', 'b'], ['c']]);
});

test('CreateService is refused for a name in use, and repeats for the same token', async () => {
  await register('app');
  const first = await create('web', { clientToken: 't' });

  const repeated = await create('web', { clientToken: 't' });

  expect(repeated.service?.serviceArn).toBe(first.service?.serviceArn);
  expect(first.service?.serviceArn).toBe('arn:aws:ecs:us-east-1:000000000000:service/default/web');
  await expect(create('web')).rejects.toThrow(InvalidParameterException);
  await expect(create('web')).rejects.toThrow('Creation of service was not idempotent.');
  await expect(create('web', { clientToken: 't', desiredCount: 1 })).rejects.toThrow('idempotent');
});

test('RunTask with the same clientToken runs once', async () => {
  await register('app');
  const input = { taskDefinition: 'app', count: 2, clientToken: 't', startedBy: 'job' };

  const first = await client.send(new RunTaskCommand(input));
  const second = await client.send(new RunTaskCommand(input));
  const listed = await client.send(new ListTasksCommand({ startedBy: 'job', family: 'app' }));

  expect(second.tasks?.map((task) => task.taskArn)).toEqual(
    first.tasks?.map((task) => task.taskArn),
  );
  expect(listed.taskArns?.toSorted()).toEqual(first.tasks?.map((task) => task.taskArn).toSorted());
});

test('what is not there is told as ECS tells it', async () => {
  await register('app');
  await create('gone');
  await client.send(new DeleteServiceCommand({ service: 'gone' }));

  const described = await client.send(new DescribeServicesCommand({ services: ['nope'] }));
  const clusters = await client.send(new DescribeClustersCommand({ clusters: ['nope'] }));
  const send = {
    cluster: client.send(new ListServicesCommand({ cluster: 'nope' })),
    service: client.send(new ListTasksCommand({ serviceName: 'nope' })),
    update: client.send(new UpdateServiceCommand({ service: 'gone', desiredCount: 1 })),
    task: client.send(new StopTaskCommand({ task: 'nope' })),
    definition: client.send(new RunTaskCommand({ taskDefinition: 'nope' })),
  };

  expect(described.failures).toEqual([
    { arn: 'arn:aws:ecs:us-east-1:000000000000:service/default/nope', reason: 'MISSING' },
  ]);
  expect(clusters.failures?.[0]?.reason).toBe('MISSING');
  await expect(send.cluster).rejects.toThrow(ClusterNotFoundException);
  await expect(send.service).rejects.toThrow(ServiceNotFoundException);
  await expect(send.update).rejects.toThrow(ServiceNotActiveException);
  await expect(send.task).rejects.toThrow('The referenced task was not found.');
  await expect(send.definition).rejects.toThrow('TaskDefinition not found.');
});

test('tags are added, changed and listed', async () => {
  await register('app');
  const { service } = await create('web');
  const resourceArn = service?.serviceArn;

  await client.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'a', value: '1' }] }));
  await client.send(
    new TagResourceCommand({
      resourceArn,
      tags: [
        { key: 'a', value: '2' },
        { key: 'b', value: '3' },
      ],
    }),
  );

  const { tags } = await client.send(new ListTagsForResourceCommand({ resourceArn }));
  expect(tags).toEqual([
    { key: 'a', value: '2' },
    { key: 'b', value: '3' },
  ]);
});

test('throttling on demand: so many calls of one operation', async () => {
  ecs.faults.throttle('ListServices', 2);
  const list = () => client.send(new ListServicesCommand({}));

  await expect(list()).rejects.toMatchObject({ name: 'ThrottlingException' });
  await expect(list()).rejects.toThrow('Rate exceeded');
  await expect(list()).resolves.toMatchObject({ serviceArns: [] });
});

test('an answer can be lost after the work was done, or the request before', async () => {
  await register('app');
  ecs.faults.intercept = (operation, phase) =>
    operation === 'CreateService' && phase === 'after' ? 'drop' : undefined;

  await expect(create('done')).rejects.toThrow();
  ecs.faults.intercept = (operation, phase) =>
    operation === 'CreateService' && phase === 'before' ? 'drop' : undefined;
  await expect(create('lost')).rejects.toThrow();

  const { serviceArns } = await client.send(new ListServicesCommand({}));
  expect(serviceArns).toEqual(['arn:aws:ecs:us-east-1:000000000000:service/default/done']);
});

test('CloudWatch Logs answers on the same port', async () => {
  const logs = real.logsClient(ecs);
  await logs.send(new CreateLogGroupCommand({ logGroupName: '/a' }));

  const missing = logs.send(new GetLogEventsCommand({ logGroupName: '/a', logStreamName: 'none' }));

  await expect(missing).rejects.toThrow(ResourceNotFoundException);
});

test.each([
  ['an operation we do not have', { 'x-amz-target': 'X.Y' }, '{}', 'UnknownOperationException'],
  ['no JSON', { 'x-amz-target': 'Logs_20140328.X' }, '{', 'SerializationException'],
  ['a foreign host', { host: 'evil.example' }, '{}', 'AccessDeniedException'],
])('%s is refused', async (_, headers, body, type) => {
  const { request } = await import('node:http');

  const text = await new Promise<string>((resolve, reject) => {
    const sent = request(ecs.endpoint, { method: 'POST', headers }, (response) => {
      response.setEncoding('utf8').on('data', resolve);
    });
    sent.on('error', reject).end(body);
  });

  expect(JSON.parse(text)).toMatchObject({ __type: type });
});

test('a port in use is told as such', async () => {
  await expect(real.start({ port: ecs.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
