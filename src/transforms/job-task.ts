import type { RegisterTaskDefinitionCommandInput, RunTaskCommandInput } from '@aws-sdk/client-ecs';
import type { Config } from '../aws/config.ts';
import { parseS3Uri } from '../aws/s3-uri.ts';
import type { BatchSettings } from '../batch/config.ts';
import { ROUTER_CONTAINER } from '../fleet/fleet-name.ts';
import { placement } from '../fleet/placement.ts';
import { environment, pipelineTask, routerPorts } from '../fleet/task-definition.ts';
import { stageNames } from '../models/model-record.ts';
import { BATCH_CONTAINER, jobFamily, jobLogGroup, outputPlace, startedBy } from './job-fleet.ts';
import type { TransformJobRecord } from './transform-job-record.ts';

/** Reference section 2.9, ModelClientConfig. */
const DEFAULT_TIMEOUT_SECONDS = 600;
const DEFAULT_RETRIES = 3;
/** Reference section 4.4. */
const STARTUP_SECONDS = 480;
export const DOWNLOAD_SECONDS = 900;
/** MaxPayloadInMB goes up to 100; a stage may make more, or less, of it. */
const MAX_BODY_BYTES = 100 * 1024 * 1024;

/**
 * By many records in a request, buffers come and go by the megabyte. A small young generation lets them
 * go sooner, and a fixed threshold gives what is large back to the system: a third less memory, for the
 * same speed. One by one they are small and many: with room for them, a record costs a tenth less CPU.
 */
export function workerMemory(strategy: 'SingleRecord' | 'MultiRecord'): Record<string, string> {
  const megabytes = strategy === 'SingleRecord' ? 32 : 2;
  return {
    NODE_OPTIONS: `--max-semi-space-size=${megabytes}`,
    MALLOC_MMAP_THRESHOLD_: '131072',
  };
}

function tagsOf(stack: string, { name, generation }: TransformJobRecord) {
  return [
    { key: 'headrace:stack', value: stack },
    { key: 'headrace:transform-job', value: name },
    { key: 'headrace:generation', value: generation },
  ];
}

/** The pipeline's own task with the batch worker beside it. */
export function jobTaskDefinition(
  job: TransformJobRecord,
  config: Config,
): RegisterTaskDefinitionCommandInput {
  const { model, request } = job;
  const timeoutSeconds =
    request.ModelClientConfig?.InvocationsTimeoutInSeconds ?? DEFAULT_TIMEOUT_SECONDS;
  return pipelineTask(
    {
      family: jobFamily(config.stack, job),
      tags: tagsOf(config.stack, job),
      model,
      instanceType: request.TransformResources.InstanceType,
      downloadTimeoutSeconds: DOWNLOAD_SECONDS,
      logGroup: jobLogGroup(config.stack),
      logStreamPrefix: job.name,
      router: {
        endpoint: job.name,
        variant: 'transform',
        maxBodyBytes: MAX_BODY_BYTES,
        timeoutMs: timeoutSeconds * 1000,
        drainMs: 0,
      },
      // The worker is stopped before the router, which then has no callers left.
      stopSeconds: 30,
      stageEnvironment: stageEnvironment(job),
      beside: [
        {
          name: BATCH_CONTAINER,
          image: config.routerImage,
          essential: true,
          command: ['batch'],
          environment: environment({
            ...workerMemory(job.request.BatchStrategy ?? 'MultiRecord'),
            HEADRACE_BATCH: JSON.stringify(batchSettings(job, config)),
            ...routerPorts(model.containers.length),
            ...(config.dynamodbUrl !== undefined && {
              AWS_ENDPOINT_URL_DYNAMODB: config.dynamodbUrl,
            }),
          }),
          // It waits for the router's health itself, so that it can say what kept it.
          dependsOn: [{ containerName: ROUTER_CONTAINER, condition: 'START' }],
          readonlyRootFilesystem: true,
        },
      ],
    },
    config,
  );
}

/** Reference section 4.5: three of them only when the job sets the member. */
function stageEnvironment({ request }: TransformJobRecord): Record<string, string> {
  const { MaxPayloadInMB, MaxConcurrentTransforms, BatchStrategy } = request;
  const strategy = BatchStrategy === 'SingleRecord' ? 'SINGLE_RECORD' : 'MULTI_RECORD';
  return {
    ...request.Environment,
    SAGEMAKER_BATCH: 'true',
    ...(MaxPayloadInMB !== undefined && { SAGEMAKER_MAX_PAYLOAD_IN_MB: String(MaxPayloadInMB) }),
    ...(BatchStrategy !== undefined && { SAGEMAKER_BATCH_STRATEGY: strategy }),
    ...(MaxConcurrentTransforms !== undefined && {
      SAGEMAKER_MAX_CONCURRENT_TRANSFORMS: String(MaxConcurrentTransforms),
    }),
  };
}

function batchSettings(job: TransformJobRecord, config: Config): BatchSettings {
  const { request } = job;
  const { TransformInput: input, TransformOutput: output, DataProcessing: processing } = request;
  return {
    job: job.name,
    generation: job.generation,
    table: config.table,
    shares: request.TransformResources.InstanceCount,
    stages: stageNames(job.model),
    source: sourceOf(job),
    contentType: input.ContentType,
    compression: input.CompressionType ?? 'None',
    split: input.SplitType ?? 'None',
    quotedNewlines: request.QuotedNewlines ?? false,
    output: outputPlace(request),
    accept: output.Accept,
    assembleWith: output.AssembleWith ?? 'None',
    kmsKeyId: output.KmsKeyId === '' ? undefined : output.KmsKeyId,
    strategy: request.BatchStrategy,
    maxConcurrentTransforms: request.MaxConcurrentTransforms,
    maxPayloadInMB: request.MaxPayloadInMB,
    timeoutSeconds:
      request.ModelClientConfig?.InvocationsTimeoutInSeconds ?? DEFAULT_TIMEOUT_SECONDS,
    maxRetries: request.ModelClientConfig?.InvocationsMaxRetries ?? DEFAULT_RETRIES,
    inputFilter: processing?.InputFilter ?? '$',
    outputFilter: processing?.OutputFilter ?? '$',
    joinSource: processing?.JoinSource ?? 'None',
    onRecordError: request.OnRecordError ?? 'Fail',
    startupSeconds: STARTUP_SECONDS,
  };
}

function sourceOf({ request, triggeredBy }: TransformJobRecord): BatchSettings['source'] {
  if (triggeredBy !== undefined) {
    const { bucket, key, versionId, etag } = triggeredBy;
    return { kind: 'object', bucket, key, versionId, etag };
  }
  const { S3DataType, S3Uri } = request.TransformInput.DataSource.S3DataSource;
  const { bucket = '', key = '' } = parseS3Uri(S3Uri) ?? {};
  return S3DataType === 'ManifestFile'
    ? { kind: 'manifest', bucket, key }
    : { kind: 'prefix', bucket, prefix: key };
}

/** The same input, the same task: ECS knows the clientToken again for a day. */
export function runShare(
  job: TransformJobRecord,
  share: number,
  attempt: number,
  taskDefinition: string,
  config: Config,
): RunTaskCommandInput {
  return {
    cluster: config.cluster,
    taskDefinition,
    count: 1,
    clientToken: `${job.generation}-${share}-${attempt}`,
    startedBy: startedBy(share, attempt),
    ...placement(job.request.TransformResources.InstanceType, config),
    overrides: {
      containerOverrides: [
        {
          name: BATCH_CONTAINER,
          environment: environment({ HEADRACE_BATCH_SHARE: String(share) }),
        },
      ],
    },
    propagateTags: 'TASK_DEFINITION',
  };
}
