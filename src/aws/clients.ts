import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECSClient } from '@aws-sdk/client-ecs';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { documentClient } from './document-client.ts';

export interface Clients {
  dynamodb: DynamoDBDocumentClient;
  ecs: ECSClient;
  sqs: SQSClient;
  logs: CloudWatchLogsClient;
  cloudwatch: CloudWatchClient;
}

/** No call may hang for longer than the function that makes it can wait. */
const BOUNDS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
};

/** Clients for `region`; where they go is the SDK's own business (AWS_ENDPOINT_URL_*). */
export function createClients(region: string): Clients {
  return {
    dynamodb: documentClient(new DynamoDBClient({ region, ...BOUNDS })),
    ecs: new ECSClient({ region, ...BOUNDS }),
    sqs: new SQSClient({ region, ...BOUNDS }),
    logs: new CloudWatchLogsClient({ region, ...BOUNDS }),
    cloudwatch: new CloudWatchClient({ region, ...BOUNDS }),
  };
}

/** @param forcePathStyle where buckets have no host names of their own, as on a laptop */
export function createS3(region: string, forcePathStyle: boolean): S3Client {
  return new S3Client({ region, ...BOUNDS, forcePathStyle });
}
