import type * as z from 'zod';
import { environment, oneOf, only, structure, text, unsupported } from '../protocol/shape.ts';

export const HOST_NAME = '[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}';
const S3_URL = '(https|s3)://([^/]+)/?(.*)';

const s3DataSource = structure({
  S3Uri: text({ max: 1024, pattern: S3_URL }),
  S3DataType: oneOf(['S3Prefix', 'S3Object']),
  CompressionType: oneOf(['None', 'Gzip']),
  ModelAccessConfig: unsupported('copy the model into a bucket of yours first'),
  HubAccessConfig: unsupported('copy the model into a bucket of yours first'),
  ManifestS3Uri: unsupported('use an S3Prefix that holds just the files of the model'),
  ETag: unsupported('name the object by a key that does not change'),
  ManifestEtag: unsupported('name the object by a key that does not change'),
});

/** One stage of a pipeline (reference section 2.2). */
export const containerDefinition = structure({
  ContainerHostname: text({ max: 63, pattern: HOST_NAME }).optional(),
  Image: text({ max: 255, pattern: '[\\S]+' }),
  ModelDataUrl: text({ max: 1024, pattern: S3_URL }).optional(),
  ModelDataSource: structure({ S3DataSource: s3DataSource }).optional(),
  Environment: environment().optional(),
  Mode: only('SingleModel', 'give each model a stage of its own'),
  ImageConfig: unsupported("the image is pulled with the stack's execution role; use ECR"),
  AdditionalModelDataSources: unsupported('put all files under one S3Prefix in ModelDataSource'),
  ModelPackageName: unsupported("name the package's Image and ModelDataUrl instead"),
  InferenceSpecificationName: unsupported("name the package's Image and ModelDataUrl instead"),
  MultiModelConfig: unsupported('give each model a stage of its own'),
  ContainerMetricsConfig: unsupported('publish the metrics from the container itself'),
});

export type ContainerDefinition = z.infer<typeof containerDefinition>;
