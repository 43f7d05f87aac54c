import type * as z from 'zod';
import { arnOf } from '../aws/arn.ts';
import type { Config } from '../aws/config.ts';
import { checkInstanceType } from '../fleet/offered-types.ts';
import { findModel } from '../models/model-record.ts';
import { ValidationException } from '../protocol/errors.ts';
import { operation, type Services } from '../protocol/operation.ts';
import { list, only, structure, unsupported } from '../protocol/shape.ts';
import { type Violation, violations } from '../protocol/validate.ts';
import { newRecord } from '../records/named-record.ts';
import { tagList, toTagMap } from '../tags/tag-shape.ts';
import { endpointConfigName } from './config-name.ts';
import {
  dataCaptureConfig,
  dataCaptureConfigByRest,
  destinationViolations,
} from './data-capture-config.ts';
import type { EndpointConfigRecord } from './endpoint-config-record.ts';
import {
  type ProductionVariant,
  productionVariant,
  productionVariantByRest,
} from './production-variant.ts';

const common = {
  EndpointConfigName: endpointConfigName,
  Tags: tagList.optional(),
  EnableNetworkIsolation: only(false, "limit the tasks by the stack's security groups"),
  AsyncInferenceConfig: unsupported('pipelines answer while the caller waits'),
  ExplainerConfig: unsupported('explain in a stage of your own'),
  ShadowProductionVariants: unsupported('send a share of traffic to a second variant'),
  KmsKeyId: unsupported("encrypt the disks in the stack's launch template"),
  ExecutionRoleArn: unsupported('set ExecutionRoleArn on the model'),
  VpcConfig: unsupported("tasks run in the stack's own VPC; set its subnets there"),
  MetricsConfig: unsupported('every answer carries its times in the Server-Timing header'),
};

const VARIANTS = { min: 1, max: 10 };
const input = structure({
  ...common,
  ProductionVariants: list(productionVariant, VARIANTS),
  DataCaptureConfig: dataCaptureConfig.optional(),
});
const inputByRest = structure({
  ...common,
  ProductionVariants: list(productionVariantByRest, VARIANTS),
  DataCaptureConfig: dataCaptureConfigByRest.optional(),
});

/** Reference section 2.4. Endpoint configurations are immutable. */
export const createEndpointConfig = operation('CreateEndpointConfig', input, create);

/** The same with the members that are beyond SageMaker. */
export const createEndpointConfigByRest = operation('CreateEndpointConfig', inputByRest, create);

async function create(
  given: z.infer<typeof inputByRest>,
  { config, table, clock, newId }: Services,
) {
  checkValues(given, config);
  checkNames(given.ProductionVariants);
  const models = new Set(given.ProductionVariants.map((variant) => variant.ModelName));
  for (const model of models) await findModel(table, config, model);
  const name = given.EndpointConfigName;
  const created = await table.create<EndpointConfigRecord>({
    ...newRecord('endpoint-config', name, clock.now(), newId(), toTagMap(given.Tags)),
    variants: given.ProductionVariants.map((variant) => ({
      ...variant,
      InitialVariantWeight: variant.InitialVariantWeight ?? 1,
    })),
    dataCapture: given.DataCaptureConfig,
  });
  const EndpointConfigArn = arnOf(config, 'endpoint-config', name);
  if (!created) {
    throw new ValidationException(
      `Cannot create already existing endpoint configuration "${EndpointConfigArn}".`,
    );
  }
  return { EndpointConfigArn };
}

function checkValues(given: z.infer<typeof inputByRest>, config: Config): void {
  const { DataCaptureConfig } = given;
  const types = given.ProductionVariants.flatMap(({ InstanceType }, position): Violation[] => {
    const path = ['ProductionVariants', position, 'InstanceType'];
    const constraint = checkInstanceType(InstanceType, config);
    return constraint === undefined ? [] : [{ path, constraint }];
  });
  const destination = DataCaptureConfig ? destinationViolations(DataCaptureConfig) : [];
  const found = [...types, ...destination];
  if (found.length > 0) throw violations(found, given);
}

function checkNames(variants: ProductionVariant[]): void {
  const names = variants.map((variant) => variant.VariantName);
  const twice = names.find((name, position) => names.indexOf(name) !== position);
  if (twice !== undefined) {
    throw new ValidationException(
      `VariantName "${twice}" is given to more than one production variant. Each must be unique within the endpoint configuration.`,
    );
  }
}
