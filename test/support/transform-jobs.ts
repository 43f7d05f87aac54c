import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateTransformJobCommand,
  type CreateTransformJobCommandInput,
  DescribeTransformJobCommand,
  type DescribeTransformJobCommandOutput,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { until } from './until.ts';

export const BUCKET = 'data';

type Change = Omit<
  Partial<CreateTransformJobCommandInput>,
  'TransformInput' | 'TransformOutput' | 'TransformResources'
> & {
  TransformInput?: Partial<CreateTransformJobCommandInput['TransformInput'] & object>;
  TransformOutput?: Partial<CreateTransformJobCommandInput['TransformOutput'] & object>;
  count?: number;
};

/** A job over the lines of CSV below `in/<name>/`, whose outputs go below `out/<name>`. */
export function jobOf(name: string, ModelName: string, change: Change = {}) {
  const { count = 1, TransformInput, TransformOutput, ...members } = change;
  return {
    TransformJobName: name,
    ModelName,
    TransformInput: {
      DataSource: {
        S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://${BUCKET}/in/${name}/` },
      },
      ContentType: 'text/csv',
      SplitType: 'Line',
      ...TransformInput,
    },
    TransformOutput: {
      S3OutputPath: `s3://${BUCKET}/out/${name}`,
      AssembleWith: 'Line',
      ...TransformOutput,
    },
    TransformResources: { InstanceType: 'ml.c5.xlarge', InstanceCount: count },
    ...members,
  } satisfies CreateTransformJobCommandInput;
}

/** The job once it has ended. */
export async function ended(
  client: SageMakerClient,
  TransformJobName: string,
): Promise<DescribeTransformJobCommandOutput> {
  return await until(`transform job ${TransformJobName} ended`, async () => {
    const found = await client.send(new DescribeTransformJobCommand({ TransformJobName }));
    const { TransformJobStatus: status = '' } = found;
    return ['InProgress', 'Stopping'].includes(status) ? undefined : found;
  });
}

export async function runJob(client: SageMakerClient, job: CreateTransformJobCommandInput) {
  await client.send(new CreateTransformJobCommand(job));
  return await ended(client, job.TransformJobName ?? '');
}

export async function putObject(s3: S3Client, Key: string, Body: string | Buffer) {
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
}

/** The texts of all objects below a prefix, by key. */
export async function objectsBelow(s3: S3Client, Prefix: string): Promise<Record<string, string>> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix }));
  const texts = Contents.map(async ({ Key = '' }) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    return [Key, (await Body?.transformToString()) ?? ''];
  });
  return Object.fromEntries(await Promise.all(texts)) as Record<string, string>;
}
