import { arnOf } from '../aws/arn.ts';
import { ValidationException } from '../protocol/errors.ts';
import { operation } from '../protocol/operation.ts';
import { list, oneOf, only, structure, text, unsupported } from '../protocol/shape.ts';
import { newRecord } from '../records/named-record.ts';
import { tagList, toTagMap } from '../tags/tag-shape.ts';
import { checkBindToPortLabel } from './bind-to-port-label.ts';
import { containerDefinition } from './container-definition.ts';
import { modelName } from './model-name.ts';
import type { ModelRecord } from './model-record.ts';
import { checkModel } from './model-rules.ts';

const ROLE_ARN = 'arn:aws[a-z\\-]*:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+';

const input = structure({
  ModelName: modelName,
  PrimaryContainer: containerDefinition.optional(),
  Containers: list(containerDefinition, { max: 15 }).optional(),
  InferenceExecutionConfig: structure({ Mode: oneOf(['Serial', 'Direct']) }).optional(),
  ExecutionRoleArn: text({ min: 20, max: 2048, pattern: ROLE_ARN }).optional(),
  Tags: tagList.optional(),
  EnableNetworkIsolation: only(false, "limit the tasks by the stack's security groups"),
  VpcConfig: unsupported("tasks run in the stack's own VPC; set its subnets there"),
});

/** Reference section 2.3. Models are immutable. */
export const createModel = operation('CreateModel', input, async (given, services) => {
  const { config, table, clock, newId } = services;
  const containers = checkModel(given, config);
  await checkBindToPortLabel(containers, services);
  const created = await table.create<ModelRecord>({
    ...newRecord('model', given.ModelName, clock.now(), newId(), toTagMap(given.Tags)),
    definition: {
      containers,
      isPrimary: given.PrimaryContainer !== undefined,
      mode: given.InferenceExecutionConfig?.Mode ?? 'Serial',
      executionRoleArn: given.ExecutionRoleArn,
    },
    enableNetworkIsolation: given.EnableNetworkIsolation,
  });
  const ModelArn = arnOf(config, 'model', given.ModelName);
  if (!created)
    throw new ValidationException(`Cannot create already existing model "${ModelArn}".`);
  return { ModelArn };
});
