import { join } from 'node:path';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { CreateClusterCommand, ECSClient } from '@aws-sdk/client-ecs';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createSignIn } from '../auth/sign-in.ts';
import { systemClock } from '../aws/clock.ts';
import { configFromEnvironment } from '../aws/config.ts';
import { bundleRouter } from '../router/bundle.ts';
import { CloudWatch } from './cloudwatch/index.ts';
import { ensureTable, startDynamoDB } from './dynamodb.ts';
import { LaptopRuntime, startEcs, systemTimers } from './ecs/index.ts';
import { endpointLogs } from './endpoint-logs.ts';
import { onEach, startEventSource } from './event-source.ts';
import { EventStore } from './eventbridge/index.ts';
import { lockFolder } from './folder-lock.ts';
import { takeOutput } from './function-output.ts';
import {
  ACCOUNT,
  applyEnvironment,
  CLUSTER,
  forgetAwsSettings,
  functionsEnvironment,
  type LocalUrls,
  REGION,
  TABLE,
} from './functions-environment.ts';
import { createGateway } from './gateway.ts';
import { closeServer, LOOPBACK, listenOnLoopback } from './http-server.ts';
import { asLambda, asStreamingLambda, provideStreaming } from './lambda.ts';
import { startObjectStore } from './object-store.ts';
import { listening, type Settings } from './settings.ts';
import { Parameters } from './ssm/index.ts';
import { startSweeping } from './sweeping.ts';

export interface LocalStack {
  urls: LocalUrls & { gateway: string };
  logsDir: string;
  /** Ends every process and server; the state stays in the data folder. */
  close(): Promise<void>;
}

/** Users' own buckets are theirs to make; this one is there so that the first example needs none. */
const BUCKET = 'headrace-local';
const QUEUE = 'headrace-reconcile';
const OBJECTS_QUEUE = 'headrace-objects';

/**
 * The whole product on one machine: stand-ins for DynamoDB, S3, SQS, ECS and CloudWatch, and the
 * functions of the stack behind a gateway. One to a process, since functions read the environment.
 * @throws StartError when a port is taken, or the data folder is in use or cannot be written
 */
export async function startStack(settings: Settings): Promise<LocalStack> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const urls = await startAll(settings, (closer) => closers.push(closer));
    return { urls, logsDir: join(settings.dataDir, 'logs'), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startAll(
  { auth, bindToPortLabel, dataDir, nodeImage, ports, startedIn }: Settings,
  onClose: (closer: () => Promise<unknown>) => void,
): Promise<LocalStack['urls']> {
  onClose(lockFolder(dataDir));
  forgetAwsSettings();
  const routerDir = join(dataDir, 'router');
  const bundling = bundleRouter(routerDir);

  const dynamodb = await listening('dynamodb', ports.dynamodb, () =>
    startDynamoDB(ports.dynamodb, dataDir),
  );
  onClose(dynamodb.close);
  await ensureTable(dynamodb.url, REGION, TABLE);

  const store = await listening('s3', ports.s3, () => startObjectStore(ports.s3, dataDir));
  onClose(store.close);
  store.createBucket(BUCKET);
  const queue = store.createQueue(QUEUE);
  const objectsQueue = store.createQueue(OBJECTS_QUEUE);
  store.tellOfObjects(OBJECTS_QUEUE);
  await bundling;

  const logsDir = join(dataDir, 'logs');
  const sqs = localClient(SQSClient, store.url);
  const cloudwatch = new CloudWatch({
    dataDir,
    clock: systemClock,
    timers: systemTimers,
    region: REGION,
    account: ACCOUNT,
    report: (problem) => console.error(`cloudwatch: ${problem}`),
  });
  onClose(async () => cloudwatch.close());
  const giveBack = takeOutput(process.stdout, (text) => cloudwatch.takeEmbedded(text));
  onClose(async () => giveBack());
  const events = new EventStore(join(dataDir, 'events.jsonl'));
  const ecs = await listening('ecs', ports.ecs, () =>
    startEcs({
      port: ports.ecs,
      host: LOOPBACK,
      dataDir,
      region: REGION,
      account: ACCOUNT,
      baseDir: startedIn,
      environment: process.env,
      clock: systemClock,
      s3Endpoint: store.url,
      cloudwatch,
      events,
      parameters: new Parameters(join(dataDir, 'ssm', 'parameters.json')),
      runtime: (context) => new LaptopRuntime({ ...context, routerFolder: routerDir, nodeImage }),
      emit: async (event) => {
        const MessageBody = JSON.stringify(event);
        await sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody }));
      },
    }),
  );
  onClose(ecs.close);
  const urls = { dynamodb: dynamodb.url, s3: store.url, ecs: `http://${LOOPBACK}:${ecs.port}` };
  await localClient(ECSClient, urls.ecs).send(new CreateClusterCommand({ clusterName: CLUSTER }));

  applyEnvironment(
    functionsEnvironment(
      { ...urls, queue },
      { routerImage: `file:${routerDir}`, logs: logsDir },
      { auth, bindToPortLabel },
    ),
  );
  const functions = await loadFunctions();
  const eventSource = startEventSource(sqs, queue, functions.reconcile);
  onClose(eventSource.stop);
  const objectEvents = startEventSource(sqs, objectsQueue, onEach(functions.s3Trigger));
  onClose(objectEvents.stop);
  const sweeping = startSweeping(functions.sweep);
  onClose(sweeping.stop);

  const logs = localClient(CloudWatchLogsClient, urls.ecs);
  const gateway = createGateway({
    ...functions,
    logs: (query, signal) => endpointLogs(logs, query, signal),
    events: (query, signal) => events.lines(query, signal),
    metrics: () => cloudwatch.prometheusText(),
    signIn: createSignIn(configFromEnvironment(), systemClock),
    authorizer: auth === 'keys' ? functions.authorizer : undefined,
  });
  const port = await listening('gateway', ports.gateway, () =>
    listenOnLoopback(gateway, ports.gateway),
  );
  onClose(() => closeServer(gateway));
  return { ...urls, gateway: `http://${LOOPBACK}:${port}` };
}

/** The very files that Lambda runs. They read the environment as they load. */
async function loadFunctions() {
  provideStreaming();
  const [api, authorizer, invoke, reconcile, s3Trigger, sweep] = await Promise.all([
    import('../../functions/api.ts'),
    import('../../functions/authorizer.ts'),
    import('../../functions/invoke.ts'),
    import('../../functions/reconcile.ts'),
    import('../../functions/s3-trigger.ts'),
    import('../../functions/sweep.ts'),
  ]);
  return {
    api: asLambda('api', api.handler),
    authorizer: asLambda('authorizer', authorizer.handler),
    invoke: asStreamingLambda('invoke', invoke.handler),
    reconcile: asLambda('reconcile', reconcile.handler),
    s3Trigger: asLambda('s3-trigger', s3Trigger.handler),
    sweep: asLambda('sweep', sweep.handler),
  };
}

interface LocalClientOptions {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

function localClient<T>(Client: new (options: LocalClientOptions) => T, endpoint: string): T {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return new Client({ endpoint, region: REGION, credentials });
}
