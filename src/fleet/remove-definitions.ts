import {
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  type ECSClient,
} from '@aws-sdk/client-ecs';
import { chunks } from '../aws/chunks.ts';
import { logEvent } from '../aws/log.ts';

const DEFINITIONS_A_CALL = 10;

/** ACTIVE task definitions become INACTIVE: what runs goes on, nothing new starts. */
export async function deregisterDefinitions(ecs: ECSClient, arns: string[]): Promise<void> {
  for (const arn of arns) {
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: arn }));
  }
}

/** INACTIVE task definitions are gone. Those that ECS refuses to delete are in the log. */
export async function deleteDefinitions(ecs: ECSClient, arns: string[]): Promise<void> {
  for (const taskDefinitions of chunks(arns, DEFINITIONS_A_CALL)) {
    const { failures = [] } = await ecs.send(new DeleteTaskDefinitionsCommand({ taskDefinitions }));
    // Whoever looks next finds them still there, and comes back here.
    if (failures.length > 0) logEvent('warn', { event: 'definitions-not-deleted', failures });
  }
}
