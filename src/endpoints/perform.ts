import { DeleteLogGroupCommand, ResourceNotFoundException } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateServiceCommand,
  DeleteServiceCommand,
  RegisterTaskDefinitionCommand,
  ServiceNotActiveException,
  ServiceNotFoundException,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import type { Clients } from '../aws/clients.ts';
import type { Config } from '../aws/config.ts';
import type { Table } from '../aws/table.ts';
import { tolerating } from '../aws/tolerating.ts';
import { familyOf, logGroupOf } from '../fleet/fleet-name.ts';
import { ensureLogGroup } from '../fleet/log-groups.ts';
import { deleteDefinitions, deregisterDefinitions } from '../fleet/remove-definitions.ts';
import { serviceOf } from '../fleet/service.ts';
import { taskDefinition } from '../fleet/task-definition.ts';
import type { Action } from './plan-result.ts';

export interface World {
  config: Config;
  clients: Clients;
  table: Table;
}

/** Does one action. Each may have been done before: then it is a success. */
export async function perform(action: Action, endpoint: string, world: World): Promise<void> {
  const { config, clients, table } = world;
  const { ecs, logs } = clients;
  const { cluster, stack } = config;
  const logGroupName = logGroupOf(stack, endpoint);
  switch (action.do) {
    case 'ensureLogGroup':
      await ensureLogGroup(logs, logGroupName, config.logRetentionDays);
      return;
    case 'registerTaskDefinition': {
      const definition = taskDefinition(action.fleet, action.variant, config);
      await ecs.send(new RegisterTaskDefinitionCommand(definition));
      return;
    }
    case 'createService': {
      const { fleet, variant, count, taskDefinition } = action;
      const service = serviceOf(fleet, variant, count, taskDefinition, config);
      await unlessThere(() => ecs.send(new CreateServiceCommand(service)));
      return;
    }
    case 'scaleService': {
      const service = familyOf(stack, action.fleet);
      await ecs.send(new UpdateServiceCommand({ cluster, service, desiredCount: action.count }));
      return;
    }
    case 'deleteService': {
      const service = familyOf(stack, action.fleet);
      await tolerating([ServiceNotFoundException, ServiceNotActiveException], () =>
        ecs.send(new DeleteServiceCommand({ cluster, service, force: true })),
      );
      return;
    }
    case 'deregisterTaskDefinitions':
      await deregisterDefinitions(ecs, action.arns);
      return;
    case 'deleteTaskDefinitions':
      await deleteDefinitions(ecs, action.arns);
      return;
    case 'deleteLogGroup':
      await tolerating(ResourceNotFoundException, () =>
        logs.send(new DeleteLogGroupCommand({ logGroupName })),
      );
      return;
    case 'deleteDeployments':
      for (const deployment of action.deployments) await table.remove(deployment);
      return;
  }
}

/** ECS has no error class for a service name that is taken; ours are unique, so it is our service. */
async function unlessThere(create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (error) {
    const isThere = error instanceof Error && /not idempotent/i.test(error.message);
    if (!isThere) throw error;
  }
}
