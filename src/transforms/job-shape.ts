import type * as z from 'zod';
import { HEADER_VALUE } from '../batch/config.ts';
import { modelName } from '../models/model-name.ts';
import {
  environment,
  flag,
  oneOf,
  structure,
  text,
  unsupported,
  whole,
} from '../protocol/shape.ts';
import { tagList } from '../tags/tag-shape.ts';
import { transformJobName } from './job-name.ts';

const S3_URI = '(https|s3)://([^/]+)/?(.*)';
const ANY = '.*';

const s3DataSource = structure({
  S3DataType: oneOf(['ManifestFile', 'S3Prefix']),
  S3Uri: text({ max: 1024, pattern: S3_URI }),
});

/** SageMaker takes any text; what cannot be a header would fail every record. */
const headerValue = text({ max: 256, pattern: HEADER_VALUE });

const transformInput = {
  ContentType: headerValue.optional(),
  CompressionType: oneOf(['None', 'Gzip']).optional(),
  SplitType: oneOf(['None', 'Line', 'RecordIO', 'TFRecord']).optional(),
};

/** The members of CreateTransformJob that a trigger's template has as well (reference section 2.9). */
const common = {
  ModelName: modelName,
  MaxConcurrentTransforms: whole({ min: 0 }).optional(),
  MaxPayloadInMB: whole({ min: 0, max: 100 }).optional(),
  BatchStrategy: oneOf(['MultiRecord', 'SingleRecord']).optional(),
  /** Reference section 2.9: fewer entries than a container has, and longer values. */
  Environment: environment({ most: 16, longest: 10_240 }).optional(),
  ModelClientConfig: structure({
    InvocationsTimeoutInSeconds: whole({ min: 1, max: 3600 }).optional(),
    InvocationsMaxRetries: whole({ min: 0, max: 3 }).optional(),
  }).optional(),
  TransformOutput: structure({
    S3OutputPath: text({ max: 1024, pattern: S3_URI }),
    Accept: headerValue.optional(),
    AssembleWith: oneOf(['None', 'Line']).optional(),
    KmsKeyId: text({ max: 2048, pattern: '[a-zA-Z0-9:/_-]*' }).optional(),
  }),
  TransformResources: structure({
    InstanceType: text({ max: 64, pattern: 'ml\\.[a-z0-9-]+\\.[a-z0-9]+' }),
    InstanceCount: whole({ min: 1, max: 100 }),
    VolumeKmsKeyId: unsupported("encrypt the disks in the stack's launch template"),
    TransformAmiVersion: unsupported("the stack's launch template names the AMI"),
  }),
  DataProcessing: structure({
    InputFilter: text({ max: 63, pattern: ANY }).optional(),
    OutputFilter: text({ max: 63, pattern: ANY }).optional(),
    JoinSource: oneOf(['Input', 'None']).optional(),
  }).optional(),
  DataCaptureConfig: unsupported('join the output to its input with DataProcessing'),
  ExperimentConfig: unsupported('leave it out: there are no experiments here'),
};

/** Beyond SageMaker: members of the REST view, and of a trigger's template. */
const beyond = {
  /** A record that fails: fail its object, or put a JSON error in the record's place. */
  OnRecordError: oneOf(['Fail', 'Continue']).optional(),
  /** SplitType Line: a newline between double quotes does not end a record. */
  QuotedNewlines: flag().optional(),
};

const named = {
  TransformJobName: transformJobName,
  TransformInput: structure({
    ...transformInput,
    DataSource: structure({ S3DataSource: s3DataSource }),
  }),
  Tags: tagList.optional(),
};

export const createTransformJobShape = structure({ ...named, ...common });
export const createTransformJobRestShape = structure({ ...named, ...common, ...beyond });

/** A transform job without its name and its input: a trigger adds both. */
export const jobTemplateShape = structure({
  ...common,
  ...beyond,
  TransformInput: structure(transformInput).optional(),
  Tags: tagList.optional(),
});

export type JobTemplate = z.infer<typeof jobTemplateShape>;
export type JobRequest = Omit<z.infer<typeof createTransformJobRestShape>, 'Tags'>;
