import { arnOf } from '../aws/arn.ts';
import { operation } from '../protocol/operation.ts';
import { structure } from '../protocol/shape.ts';
import { seconds } from '../records/named-record.ts';
import { modelName } from './model-name.ts';
import { findModel } from './model-record.ts';

/** Reference section 2.3: what was sent, and InferenceExecutionConfig for Containers always. */
export const describeModel = operation(
  'DescribeModel',
  structure({ ModelName: modelName }),
  async ({ ModelName }, { config, table }) => {
    const { definition, creationTime, enableNetworkIsolation } = await findModel(
      table,
      config,
      ModelName,
    );
    return {
      ModelName,
      ModelArn: arnOf(config, 'model', ModelName),
      ...(definition.isPrimary
        ? { PrimaryContainer: definition.containers[0] }
        : {
            Containers: definition.containers,
            InferenceExecutionConfig: { Mode: definition.mode },
          }),
      ExecutionRoleArn: definition.executionRoleArn,
      EnableNetworkIsolation: enableNetworkIsolation ?? false,
      CreationTime: seconds(creationTime),
    };
  },
);
