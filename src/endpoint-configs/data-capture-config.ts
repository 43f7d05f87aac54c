import type * as z from 'zod';
import { parseS3Uri } from '../aws/s3-uri.ts';
import type { CaptureSettings } from '../capture/capture-settings.ts';
import { flag, list, oneOf, structure, text, whole } from '../protocol/shape.ts';
import type { Violation } from '../protocol/validate.ts';

const contentTypes = list(
  text({
    min: 1,
    max: 256,
    pattern: '[a-zA-Z0-9](-*[a-zA-Z0-9])*\\/[a-zA-Z0-9](-*[a-zA-Z0-9.])*',
  }),
  { min: 1, max: 10 },
);

const members = {
  EnableCapture: flag().optional(),
  InitialSamplingPercentage: whole({ min: 0, max: 100 }),
  DestinationS3Uri: text({ max: 512, pattern: '(https|s3)://([^/])/?(.*)' }),
  KmsKeyId: text({ max: 2048, pattern: '[a-zA-Z0-9:/_-]*' }).optional(),
  CaptureOptions: list(structure({ CaptureMode: oneOf(['Input', 'Output', 'InputAndOutput']) }), {
    min: 1,
    max: 32,
  }),
  CaptureContentTypeHeader: structure({
    CsvContentTypes: contentTypes.optional(),
    JsonContentTypes: contentTypes.optional(),
  }).optional(),
};

/** Reference section 2.4. */
export const dataCaptureConfig = structure(members);

/** With what is beyond SageMaker: members of the REST view. */
export const dataCaptureConfigByRest = structure({
  ...members,
  /** What each stage answered is captured too. */
  CaptureStages: flag().optional(),
});

export type DataCaptureConfig = z.infer<typeof dataCaptureConfigByRest>;

/** What the shape alone cannot tell. */
export function destinationViolations({ DestinationS3Uri }: DataCaptureConfig): Violation[] {
  if (parseS3Uri(DestinationS3Uri) !== undefined) return [];
  const path = ['DataCaptureConfig', 'DestinationS3Uri'];
  return [{ path, constraint: 'Member must be an s3:// URL' }];
}

export function isCapturing(config: DataCaptureConfig | undefined): config is DataCaptureConfig {
  return config !== undefined && (config.EnableCapture ?? true);
}

/** What the routers of an endpoint are told; undefined when there is nothing to capture. */
export function captureSettings(
  config: DataCaptureConfig | undefined,
): CaptureSettings | undefined {
  if (!isCapturing(config) || config.InitialSamplingPercentage === 0) return undefined;
  const { bucket, key } = parseS3Uri(config.DestinationS3Uri) ?? { bucket: '', key: '' };
  const modes = config.CaptureOptions.map(({ CaptureMode }) => CaptureMode);
  const captures = (mode: 'Input' | 'Output') =>
    modes.includes(mode) || modes.includes('InputAndOutput');
  return {
    bucket,
    prefix: key === '' || key.endsWith('/') ? key : `${key}/`,
    kmsKeyId: config.KmsKeyId || undefined,
    samplingPercentage: config.InitialSamplingPercentage,
    input: captures('Input'),
    output: captures('Output'),
    stages: config.CaptureStages ?? false,
    csvContentTypes: config.CaptureContentTypeHeader?.CsvContentTypes ?? [],
    jsonContentTypes: config.CaptureContentTypeHeader?.JsonContentTypes ?? [],
  };
}
