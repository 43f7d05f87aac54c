import {
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  type ECSClient,
} from '@aws-sdk/client-ecs';

const DEFINITIONS_A_CALL = 10;

/** ACTIVE task definitions become INACTIVE: what runs goes on, nothing new starts. */
export async function deregisterDefinitions(ecs: ECSClient, arns: string[]): Promise<void> {
  for (const arn of arns) {
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: arn }));
  }
}

/** INACTIVE task definitions are gone. */
export async function deleteDefinitions(ecs: ECSClient, arns: string[]): Promise<void> {
  for (let from = 0; from < arns.length; from += DEFINITIONS_A_CALL) {
    const taskDefinitions = arns.slice(from, from + DEFINITIONS_A_CALL);
    await ecs.send(new DeleteTaskDefinitionsCommand({ taskDefinitions }));
  }
}
