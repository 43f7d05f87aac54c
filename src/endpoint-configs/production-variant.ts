import type * as z from 'zod';
import { HOST_NAME } from '../models/container-definition.ts';
import { modelName } from '../models/model-name.ts';
import { decimal, oneOf, only, structure, text, unsupported, whole } from '../protocol/shape.ts';
import { STREAM_TIMEOUT_SECONDS } from './invocation-limits.ts';

const INSTANCES = 'use InstanceType and InitialInstanceCount: a pipeline runs on instances';

/** What is counted by variant is kept by its name: what every object has cannot be one. */
export const variantName = text({ max: 63, pattern: HOST_NAME }).refine(
  (name) => !(name in Object.prototype),
  'Member is a word under which Headrace cannot keep a variant. Choose another name',
);

const MOST_WEIGHT = 1_000_000;

/** A Float of SageMaker's, in which what is too small for one is 0. The upper bound is ours. */
export const variantWeight = decimal({ min: 0, max: MOST_WEIGHT }).transform((weight) =>
  Math.fround(weight) === 0 ? 0 : weight,
);

const members = {
  VariantName: variantName,
  ModelName: modelName,
  InitialInstanceCount: whole({ min: 1, max: 1000 }),
  InstanceType: text({ max: 64, pattern: 'ml\\.[a-z0-9-]+\\.[a-z0-9]+' }),
  InitialVariantWeight: variantWeight.optional(),
  ModelDataDownloadTimeoutInSeconds: whole({ min: 60, max: 3600 }).optional(),
  ContainerStartupHealthCheckTimeoutInSeconds: whole({ min: 60, max: 3600 }).optional(),
  VariantInstanceProvisionTimeoutInSeconds: whole({ min: 300, max: 3600 }).optional(),
  RoutingConfig: structure({
    RoutingStrategy: oneOf(['LEAST_OUTSTANDING_REQUESTS', 'RANDOM']),
    PrefixAwareRoutingConfig: unsupported('use RoutingStrategy LEAST_OUTSTANDING_REQUESTS'),
  }).optional(),
  EnableSSMAccess: only(false, 'use ECS Exec on the task'),
  ServerlessConfig: unsupported(INSTANCES),
  InstancePools: unsupported('use one InstanceType per variant, and several variants'),
  ManagedInstanceScaling: unsupported('set InitialInstanceCount'),
  AcceleratorType: unsupported('choose an InstanceType with an accelerator'),
  CoreDumpConfig: unsupported('write core dumps from the container itself'),
  VolumeSizeInGB: unsupported("the instance's own disk is used; size it in the stack"),
  InferenceAmiVersion: unsupported("the stack's launch template names the AMI"),
  CapacityReservationConfig: unsupported("reserve capacity for the stack's Auto Scaling groups"),
};

/** Reference section 2.4. Times are in seconds. */
export const productionVariant = structure(members);

/** With what is beyond SageMaker: members of the REST view. */
export const productionVariantByRest = structure({
  ...members,
  /** One deadline for the whole chain: no longer than an answer may stream. */
  InvocationTimeoutInSeconds: whole({ min: 1, max: STREAM_TIMEOUT_SECONDS }).optional(),
  /** MiB of a request, and of what a stage hands to the next one. */
  MaxPayloadInMB: whole({ min: 1, max: 100 }).optional(),
});

export type ProductionVariant = z.infer<typeof productionVariantByRest>;
