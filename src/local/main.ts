import { parseSettings, StartError } from './settings.ts';
import { startStack } from './stack.ts';

const HELP = `Runs SageMaker inference pipelines on this machine: npm start

  POST /                       SageMaker's control plane, for AWS SDKs, boto3 and the AWS CLI
  POST /endpoints/…            SageMaker's data plane
  GET  /models, /endpoints, …  the same by curl
  GET  /metrics                what the endpoints do, for Prometheus and people

Settings (environment), a port of 0 takes a free one:
  HEADRACE_PORT           gateway: the endpoint URL for SDKs         4680
  HEADRACE_S3_PORT        S3 and SQS                                 4681
  HEADRACE_DYNAMODB_PORT  DynamoDB                                   4682
  HEADRACE_ECS_PORT       ECS, CloudWatch, Logs and SSM              4683
  HEADRACE_DATA_DIR       all state: definitions, objects, logs      .headrace
  HEADRACE_AUTH           none, or keys: requests must be signed     none
  HEADRACE_NODE_IMAGE     where images run: the router's is built on node:24-alpine
  HEADRACE_BIND_TO_PORT_LABEL  images without SageMaker's label: require it, or warn

Images other than file:<dir> run in Docker or Podman: docs/containers.md.
`;

async function main(): Promise<void> {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    console.log(HELP);
    return;
  }
  const stack = await startStack(parseSettings(process.env));
  const { gateway, s3, dynamodb, ecs } = stack.urls;
  const logs = stack.logsDir;
  console.log(
    `headrace ready ${gateway}  s3 ${s3}  dynamodb ${dynamodb}  ecs ${ecs}  logs ${logs}`,
  );
  const stop = async () => {
    console.log('headrace stopping: ending every task');
    await stack.close();
    process.exit(0);
  };
  let isStopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (!isStopping) void stop();
      isStopping = true;
    });
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  console.error(`headrace: ${error.message}`);
  process.exit(1);
}
