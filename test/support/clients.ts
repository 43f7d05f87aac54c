import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ECSClient } from '@aws-sdk/client-ecs';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type { RunningStack } from './run-stack.ts';

const CONNECTION = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
};

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/**
 * Unmodified SDK clients, pointed at a stack by endpoint URL alone.
 * @param credentials for the stack itself; its stand-ins take any
 */
export function clientsOf({ gateway, ecs, s3 }: RunningStack, credentials?: Credentials) {
  const own = { ...CONNECTION, ...(credentials && { credentials }), endpoint: gateway };
  return {
    sagemaker: new SageMakerClient(own),
    runtime: new SageMakerRuntimeClient(own),
    ecs: new ECSClient({ ...CONNECTION, endpoint: ecs }),
    logs: new CloudWatchLogsClient({ ...CONNECTION, endpoint: ecs }),
    s3: new S3Client({ ...CONNECTION, endpoint: s3, forcePathStyle: true }),
  };
}

export type Clients = ReturnType<typeof clientsOf>;
