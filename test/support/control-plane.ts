import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateClusterCommand,
  ECSClient,
  ListServicesCommand,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
} from '@aws-sdk/client-ecs';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Clients } from '../../src/aws/clients.ts';
import { systemClock } from '../../src/aws/clock.ts';
import { parseConfig } from '../../src/aws/config.ts';
import { randomId } from '../../src/aws/ids.ts';
import { Table } from '../../src/aws/table.ts';
import type { Reconciler } from '../../src/endpoints/reconcile.ts';
import { createWake } from '../../src/endpoints/wake.ts';
import { ensureTable, startDynamoDB } from '../../src/local/dynamodb.ts';
import { type ImageScript, SimulatedRuntime, startEcs } from '../../src/local/ecs/index.ts';
import { OPERATIONS } from '../../src/operations.ts';
import type { Services } from '../../src/protocol/operation.ts';

const REGION = 'us-east-1';
const CLUSTER = 'headrace';

export interface Process extends Reconciler {
  services: Services;
}

export interface ControlPlane {
  /** A process of the control plane: clients and handlers of its own. `around` sees every call. */
  start(around?: AroundCall): Process;
  /** What ECS, the logs and the table hold of an endpoint. */
  leftovers(endpoint: string): Promise<string[]>;
  close(): Promise<void>;
}

/** Runs around each outside call, whose effect `send` has. */
export type AroundCall = <T>(send: () => Promise<T>) => Promise<T>;

interface AnyStack {
  add(
    middleware: (next: (args: unknown) => Promise<unknown>) => (args: unknown) => Promise<unknown>,
    options: { step: 'finalizeRequest'; priority: 'low' },
  ): void;
}

/** The real handlers on the real stand-ins, with containers that are only simulated. */
export async function startControlPlane(
  scriptOf: (image: string) => ImageScript,
): Promise<ControlPlane> {
  const dataDir = await mkdtemp(join(tmpdir(), 'headrace-test-'));
  const dynamodb = await startDynamoDB(0);
  await ensureTable(dynamodb.url, REGION, 'headrace', dataDir);
  const ecs = await startEcs({
    dataDir,
    environment: {},
    runtime: ({ clock, timers }) => new SimulatedRuntime({ clock, timers, scriptOf }),
  });
  const config = parseConfig({
    AWS_REGION: REGION,
    HEADRACE_ACCOUNT: '000000000000',
    HEADRACE_TABLE: 'headrace',
    HEADRACE_QUEUE_URL: 'http://127.0.0.1:1/queue',
    HEADRACE_CLUSTER: CLUSTER,
    HEADRACE_ROUTER_IMAGE: 'router',
    HEADRACE_INSTANCE_TYPES: '*',
  });
  const clientsAround = (around: AroundCall): Clients => {
    const connection = {
      region: REGION,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
    const clients: Clients = {
      dynamodb: DynamoDBDocumentClient.from(
        new DynamoDBClient({ ...connection, endpoint: dynamodb.url }),
        { marshallOptions: { removeUndefinedValues: true } },
      ),
      ecs: new ECSClient({ ...connection, endpoint: ecs.endpoint }),
      logs: new CloudWatchLogsClient({ ...connection, endpoint: ecs.endpoint }),
      // No queue: the test itself says when to reconcile. The call counts, as it does in life.
      sqs: { send: () => around(async () => ({})) } as unknown as SQSClient,
    };
    for (const { middlewareStack } of [clients.dynamodb, clients.ecs, clients.logs]) {
      // Below the SDK's own retries, as a network would be.
      (middlewareStack as unknown as AnyStack).add((next) => (args) => around(() => next(args)), {
        step: 'finalizeRequest',
        priority: 'low',
      });
    }
    return clients;
  };

  const start = (around: AroundCall = (send) => send()): Process => {
    const clients = clientsAround(around);
    const table = new Table(clients.dynamodb, config.table, randomId);
    const wake = createWake(clients.sqs, config.queueUrl);
    const services = { config, table, clock: systemClock, newId: randomId, wake };
    return { config, clients, table, clock: systemClock, services };
  };

  const { clients } = start();
  await clients.ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }));

  return {
    start,
    leftovers: (endpoint) => leftovers(clients, endpoint),
    close: async () => {
      await ecs.close();
      await dynamodb.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function leftovers({ dynamodb, ecs, logs }: Clients, endpoint: string): Promise<string[]> {
  const [services, tasks, active, inactive, groups, items] = await Promise.all([
    ecs.send(new ListServicesCommand({ cluster: CLUSTER, maxResults: 100 })),
    ecs.send(new ListTasksCommand({ cluster: CLUSTER })),
    ecs.send(new ListTaskDefinitionsCommand({ status: 'ACTIVE' })),
    ecs.send(new ListTaskDefinitionsCommand({ status: 'INACTIVE' })),
    logs.send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: `/headrace/Endpoints/${endpoint}` }),
    ),
    dynamodb.send(new ScanCommand({ TableName: 'headrace' })),
  ]);
  return [
    ...(services.serviceArns ?? []).filter((arn) => arn.includes(`_${endpoint}_`)),
    ...(tasks.taskArns ?? []),
    ...[...(active.taskDefinitionArns ?? []), ...(inactive.taskDefinitionArns ?? [])].filter(
      (arn) => arn.includes(`_${endpoint}_`),
    ),
    ...(groups.logGroups ?? []).map(({ logGroupName }) => logGroupName ?? ''),
    ...(items.Items ?? []).flatMap(({ pk, sk }) =>
      pk?.S === `endpoint/${endpoint}` ? [`${pk.S} ${sk?.S}`] : [],
    ),
  ];
}

/** One control-plane operation, in process. */
export function call(process: Process, name: string, members: object): Promise<object | undefined> {
  const operation = OPERATIONS.get(name);
  if (operation === undefined) throw new Error(`${name} is no operation`);
  return operation.run(members, process.services);
}
