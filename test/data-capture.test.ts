import { CreateBucketCommand } from '@aws-sdk/client-s3';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  type DataCaptureConfig,
  DeleteEndpointCommand,
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  UpdateEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import { expect, it } from 'vitest';
import { captureLines } from './support/capture-bucket.ts';
import { ownStack } from './support/own-stack.ts';
import { gone, inService, variantOf } from './support/pipelines.ts';
import { stage } from './support/stage.ts';
import { until } from './support/until.ts';

const BUCKET = 'captured';
const NAME = 'captured';
const MARKER = 'never-to-be-seen';

const { clients, home, stack } = await ownStack();
const { sagemaker, runtime, s3 } = clients;

const capture: DataCaptureConfig = {
  InitialSamplingPercentage: 100,
  DestinationS3Uri: `s3://${BUCKET}/captures`,
  CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
  CaptureContentTypeHeader: {
    CsvContentTypes: ['text/csv'],
    JsonContentTypes: ['application/json'],
  },
};

const config = (name: string, DataCaptureConfig?: DataCaptureConfig) =>
  new CreateEndpointConfigCommand({
    EndpointConfigName: name,
    ProductionVariants: [variantOf(NAME)],
    DataCaptureConfig,
  });

const invoke = (InferenceId: string) =>
  runtime.send(
    new InvokeEndpointCommand({
      EndpointName: NAME,
      ContentType: 'text/csv',
      Body: '1,2,3',
      CustomAttributes: MARKER,
      InferenceId,
    }),
  );

const captured = async () =>
  (await captureLines(s3, BUCKET, `captures/${NAME}/AllTraffic/`)).map(({ line }) => line);

it('follows an endpoint through its life: captured, described, changed by an update', async () => {
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const Containers = [stage(home.image, { SUFFIX: ' one', SECRET: MARKER }), stage(home.image)];
  await sagemaker.send(new CreateModelCommand({ ModelName: NAME, Containers }));
  await sagemaker.send(config('all', capture));
  await sagemaker.send(config('none', { ...capture, InitialSamplingPercentage: 0 }));
  await sagemaker.send(
    new CreateEndpointCommand({ EndpointName: NAME, EndpointConfigName: 'all' }),
  );
  await inService(sagemaker, NAME);

  const describedConfig = await sagemaker.send(
    new DescribeEndpointConfigCommand({ EndpointConfigName: 'all' }),
  );
  const before = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: NAME }));
  await Promise.all(['one', 'two', 'three'].map(invoke));
  const first = await until('three invocations are captured', async () => {
    const found = await captured();
    return found.length === 3 ? found : undefined;
  });
  await sagemaker.send(
    new UpdateEndpointCommand({ EndpointName: NAME, EndpointConfigName: 'none' }),
  );
  const after = await until('the update is over', async () => {
    const found = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: NAME }));
    return found.EndpointStatus === 'InService' ? found : undefined;
  });
  await invoke('four');
  await sagemaker.send(new DeleteEndpointCommand({ EndpointName: NAME }));
  await gone(sagemaker, NAME, 30_000);

  expect(describedConfig.DataCaptureConfig).toEqual({ ...capture, EnableCapture: true });
  expect(before.DataCaptureConfig).toEqual({
    EnableCapture: true,
    CaptureStatus: 'Started',
    CurrentSamplingPercentage: 100,
    DestinationS3Uri: capture.DestinationS3Uri,
    KmsKeyId: '',
  });
  expect(after.DataCaptureConfig?.CurrentSamplingPercentage).toBe(0);
  expect(first.map(({ eventMetadata }) => eventMetadata.inferenceId).sort()).toEqual([
    'one',
    'three',
    'two',
  ]);
  for (const { captureData } of first) {
    expect(captureData.endpointInput).toEqual({
      observedContentType: 'text/csv',
      mode: 'INPUT',
      data: '1,2,3',
      encoding: 'CSV',
    });
    expect(captureData.endpointOutput).toMatchObject({ mode: 'OUTPUT', data: '1,2,3 one' });
  }
  const all = await captureLines(s3, BUCKET, '');
  expect(all).toHaveLength(3);
  expect(all[0]?.key).toMatch(
    /^captures\/captured\/AllTraffic\/\d{4}\/\d\d\/\d\d\/\d\d\/\d\d-\d\d-\d{3}-[\da-f-]{36}\.jsonl$/,
  );
  expect(JSON.stringify(all)).not.toContain(MARKER);
}, 60_000);

it('captures stages for who asks for it in the REST view', async () => {
  const rest = (path: string, members?: object) =>
    fetch(`${stack.gateway}${path}`, {
      ...(members && { method: 'POST', body: JSON.stringify(members) }),
    });
  const members = {
    EndpointConfigName: 'stages',
    ProductionVariants: [variantOf(NAME)],
    DataCaptureConfig: { ...capture, CaptureStages: true },
  };

  const created = await rest('/endpoint-configs', members);
  const described = await (await rest('/endpoint-configs/stages')).json();
  const bySdk = await sagemaker.send(
    new DescribeEndpointConfigCommand({ EndpointConfigName: 'stages' }),
  );

  expect(created.status).toBe(200);
  expect(described).toMatchObject({ DataCaptureConfig: { CaptureStages: true } });
  expect(bySdk.DataCaptureConfig).toEqual({ ...capture, EnableCapture: true });
});
