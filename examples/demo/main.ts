import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ECSClient, ListServicesCommand, ListTasksCommand } from '@aws-sdk/client-ecs';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DeleteEndpointCommand,
  DeleteEndpointConfigCommand,
  DeleteModelCommand,
  DescribeEndpointCommand,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { ModelError, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { toCsv, train } from '../iris/train.ts';
import { batchAct } from './batch-act.ts';
import { type RunningStack, runStack } from './run-stack.ts';
import { say, tell } from './say.ts';
import { timedInvoke } from './timed-invoke.ts';

const NAME = 'iris';
const PATIENCE_MS = 20_000;
const BUCKET = 'iris-models';
const STAGES = ['featurise', 'predict', 'explain'] as const;
const STAGE_DIR = join(import.meta.dirname, '../iris/stages');

async function demo(stack: RunningStack): Promise<void> {
  const connection = {
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  };
  const sagemaker = new SageMakerClient({ ...connection, endpoint: stack.gateway });
  const runtime = new SageMakerRuntimeClient({ ...connection, endpoint: stack.gateway });
  const s3 = new S3Client({ ...connection, endpoint: stack.s3, forcePathStyle: true });
  const ecs = new ECSClient({ ...connection, endpoint: stack.ecs });

  const { artefacts, heldOut, trainingCount, accuracy } = await train();
  say(`Trained on ${trainingCount} of Fisher's irises; ${heldOut.length} are held out.`);
  tell(`The model alone is right on ${percent(accuracy)} of those.`);

  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  for (const [stage, Body] of Object.entries(artefacts)) {
    const Key = `${stage}/model.tar.gz`;
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
    say(`S3                    put s3://${BUCKET}/${Key} (${Body.length} bytes)`);
  }

  const Containers = STAGES.map((stage) => ({
    ContainerHostname: stage,
    Image: `file:${join(STAGE_DIR, stage)}`,
    ...(stage in artefacts && { ModelDataUrl: `s3://${BUCKET}/${stage}/model.tar.gz` }),
  }));
  await sagemaker.send(new CreateModelCommand({ ModelName: NAME, Containers }));
  say(`CreateModel           ${NAME}: ${STAGES.join(' -> ')}`);

  const variant = {
    VariantName: 'AllTraffic',
    ModelName: NAME,
    InstanceType: 'ml.c5.large',
    InitialInstanceCount: 1,
  } as const;
  await sagemaker.send(
    new CreateEndpointConfigCommand({ EndpointConfigName: NAME, ProductionVariants: [variant] }),
  );
  say(`CreateEndpointConfig  ${NAME}: 1 x ml.c5.large`);

  const asked = Date.now();
  await sagemaker.send(new CreateEndpointCommand({ EndpointName: NAME, EndpointConfigName: NAME }));
  say(`CreateEndpoint        ${NAME}`);
  await waitForEndpoint(sagemaker, 'InService');
  say(`Endpoint InService    ${((Date.now() - asked) / 1000).toFixed(1)} s after CreateEndpoint`);

  say();
  say('InvokeEndpoint, one flower a request: sepal and petal length and width in cm');
  for (const flower of heldOut.filter((_, position) => position % 12 === 0)) {
    const Body = toCsv([flower]);
    const input = { EndpointName: NAME, ContentType: 'text/csv', Body };
    const { text, timing } = await timedInvoke(runtime, input);
    say(`${Body}   (it is ${flower.species})`);
    tell(`-> ${text}`);
    tell(`   ${timing.map(({ name, ms }) => `${name} ${ms.toFixed(1)} ms`).join(', ')}`);
  }

  const all = await timedInvoke(runtime, {
    EndpointName: NAME,
    ContentType: 'text/csv',
    Accept: 'application/json',
    Body: toCsv(heldOut),
  });
  const answers = JSON.parse(all.text) as { species: string }[];
  const right = heldOut.filter(({ species }, position) => answers[position]?.species === species);
  say();
  say(`All ${heldOut.length} held-out flowers in one request: ${right.length} are right.`);

  const wrong = { EndpointName: NAME, ContentType: 'text/csv', Body: '5.1,wide,1.4,0.2' };
  try {
    await timedInvoke(runtime, wrong);
    throw new Error('A width of "wide" should have been refused.');
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    say('A record that is wrong says which stage refused it, and why:');
    tell(error.message);
  }

  say();
  await batchAct({
    gateway: stack.gateway,
    s3,
    bucket: BUCKET,
    model: NAME,
    flowers: heldOut,
  });

  say();
  await sagemaker.send(new DeleteEndpointCommand({ EndpointName: NAME }));
  say(`DeleteEndpoint        ${NAME}`);
  await waitForEndpoint(sagemaker, 'gone');
  await sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: NAME }));
  await sagemaker.send(new DeleteModelCommand({ ModelName: NAME }));
  const { serviceArns = [] } = await ecs.send(new ListServicesCommand({ cluster: 'headrace' }));
  const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: 'headrace' }));
  say(`All deleted: ${serviceArns.length} services and ${taskArns.length} tasks are left in ECS.`);
}

async function waitForEndpoint(client: SageMakerClient, until: 'InService' | 'gone') {
  const command = new DescribeEndpointCommand({ EndpointName: NAME });
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    try {
      const { EndpointStatus, FailureReason } = await client.send(command);
      if (EndpointStatus === until) return;
      if (EndpointStatus === 'Failed') throw new Error(FailureReason);
    } catch (error) {
      const isGone = error instanceof Error && error.name === 'ValidationException';
      if (isGone && until === 'gone') return;
      throw error;
    }
    await sleep(100);
  }
  throw new Error(`The endpoint was not ${until} within ${PATIENCE_MS / 1000} s.`);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

say('Starting the local stack on free ports: API gateway, DynamoDB, S3, SQS, ECS.');
const stack = await runStack();
say(`Ready: ${stack.gateway} is the endpoint URL for every SDK.`);
try {
  await demo(stack);
} finally {
  await stack.stop();
}
say('The stack has stopped. To keep one running: npm start');
