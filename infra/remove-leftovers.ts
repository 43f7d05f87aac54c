import { setTimeout as sleep } from 'node:timers/promises';
import {
  AutoScalingClient,
  paginateDescribeAutoScalingGroups,
  SetInstanceProtectionCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CloudWatchLogsClient,
  DeleteLogGroupCommand,
  paginateDescribeLogGroups,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  ClusterNotFoundException,
  DeleteServiceCommand,
  ECSClient,
  InvalidParameterException,
  paginateListServices,
  paginateListTaskDefinitionFamilies,
  StopTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs';
import {
  DeleteFunctionConcurrencyCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import {
  DeleteParametersCommand,
  paginateGetParametersByPath,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { chunks } from '../src/aws/chunks.ts';
import { tolerating } from '../src/aws/tolerating.ts';
import { familyPrefix, logGroupOf } from '../src/fleet/fleet-name.ts';
import { definitionsOf, tasksOf } from '../src/fleet/observe-tasks.ts';
import { deleteDefinitions, deregisterDefinitions } from '../src/fleet/remove-definitions.ts';
import { jobLogGroup } from '../src/transforms/job-fleet.ts';

/** What makes services and tasks, or asks for them. Invocations go on to the end. */
const MAKERS = ['api', 'reconcile', 's3-trigger', 'sweep'];
/** Ten minutes: more than the longest stop of a task. */
const MOST_LOOKS = 120;
const LOOK_EVERY_MS = 5_000;
const PARAMETERS_A_CALL = 10;
const INSTANCES_A_CALL = 50;

export type Report = (line: string) => void;
type ClientConfig = { region: string };

/**
 * Takes away what the functions of a stack have made, which CloudFormation does not know and which would keep it from
 * deleting the cluster. May be done twice, and after a stack that is half gone.
 */
export async function removeLeftovers(
  stack: string,
  config: ClientConfig,
  report: Report,
): Promise<void> {
  const ecs = new ECSClient(config);
  report('Stopping the functions that make services and tasks');
  await pauseMakers(stack, config);
  await removeServices(ecs, stack, report, () => sleep(LOOK_EVERY_MS));
  await removeTaskDefinitions(ecs, stack);
  await releaseHosts(new AutoScalingClient(config), stack);
  await removeLogGroups(new CloudWatchLogsClient(config), stack);
  await removeKeys(new SSMClient(config), stack);
}

/** A function with no concurrency does not run: whatever wakes it. */
async function pauseMakers(stack: string, config: ClientConfig): Promise<void> {
  const lambda = new LambdaClient(config);
  for (const name of MAKERS) {
    const FunctionName = `${stack}-${name}`;
    await tolerating(ResourceNotFoundException, () =>
      lambda.send(
        new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }),
      ),
    );
  }
}

/** Undoes it: a stack whose removal failed may be deployed again. */
export async function resumeMakers(stack: string, config: ClientConfig): Promise<void> {
  const lambda = new LambdaClient(config);
  for (const name of MAKERS) {
    const FunctionName = `${stack}-${name}`;
    await tolerating(ResourceNotFoundException, () =>
      lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName })),
    );
  }
}

/**
 * Deletes every service of a cluster and stops every task, those that a transform job runs too, and waits until none
 * is left.
 * @throws Error that names the tasks that do not stop
 */
export async function removeServices(
  ecs: ECSClient,
  cluster: string,
  report: Report,
  pause: () => Promise<unknown>,
): Promise<void> {
  await tolerating(ClusterNotFoundException, async () => {
    for await (const { serviceArns = [] } of paginateListServices({ client: ecs }, { cluster })) {
      for (const service of serviceArns) {
        report(`Deleting service ${service.split('/').at(-1)}`);
        await ecs.send(new DeleteServiceCommand({ cluster, service, force: true }));
      }
    }
    const reason = 'The stack is being removed.';
    for (let looks = 0; ; looks++) {
      const tasks = await liveTasks(ecs, cluster);
      if (tasks.length === 0) return;
      if (looks === MOST_LOOKS) {
        throw new Error(
          `${tasks.length} tasks of cluster ${cluster} do not stop: ${tasks.map(({ taskArn }) => taskArn).join(', ')}. See why in the ECS console, then remove again.`,
        );
      }
      report(`Waiting for ${tasks.length} tasks to stop`);
      for (const { desiredStatus, taskArn: task } of tasks) {
        if (desiredStatus === 'STOPPED') continue;
        // It may have ended since.
        await tolerating(InvalidParameterException, () =>
          ecs.send(new StopTaskCommand({ cluster, task, reason })),
        );
      }
      await pause();
    }
  });
}

/** Those that run, and those that are told to stop and still do: ECS keeps a cluster for both. */
async function liveTasks(ecs: ECSClient, cluster: string): Promise<Task[]> {
  const tasks = await tasksOf(ecs, cluster, undefined);
  return tasks.filter(({ lastStatus }) => lastStatus !== 'STOPPED');
}

async function removeTaskDefinitions(ecs: ECSClient, stack: string): Promise<void> {
  const pages = paginateListTaskDefinitionFamilies(
    { client: ecs },
    { familyPrefix: familyPrefix(stack), status: 'ALL' },
  );
  for await (const { families = [] } of pages) {
    for (const family of families) {
      await deregisterDefinitions(ecs, await definitionsOf(ecs, family, 'ACTIVE'));
      await deleteDefinitions(ecs, await definitionsOf(ecs, family, 'INACTIVE'));
    }
  }
}

/** ECS protects hosts that had tasks; CloudFormation could not end them. */
async function releaseHosts(autoScaling: AutoScalingClient, stack: string): Promise<void> {
  const pages = paginateDescribeAutoScalingGroups(
    { client: autoScaling },
    { Filters: [{ Name: 'tag:headrace:stack', Values: [stack] }] },
  );
  for await (const { AutoScalingGroups = [] } of pages) {
    for (const { AutoScalingGroupName, Instances = [] } of AutoScalingGroups) {
      await autoScaling.send(
        new UpdateAutoScalingGroupCommand({
          AutoScalingGroupName,
          MinSize: 0,
          DesiredCapacity: 0,
          NewInstancesProtectedFromScaleIn: false,
        }),
      );
      const ids = Instances.flatMap(({ InstanceId }) => InstanceId ?? []);
      for (const InstanceIds of chunks(ids, INSTANCES_A_CALL)) {
        await autoScaling.send(
          new SetInstanceProtectionCommand({
            AutoScalingGroupName,
            InstanceIds,
            ProtectedFromScaleIn: false,
          }),
        );
      }
    }
  }
}

async function removeLogGroups(logs: CloudWatchLogsClient, stack: string): Promise<void> {
  for (const logGroupNamePrefix of [logGroupOf(stack, ''), jobLogGroup(stack)]) {
    const pages = paginateDescribeLogGroups({ client: logs }, { logGroupNamePrefix });
    for await (const { logGroups = [] } of pages) {
      for (const { logGroupName } of logGroups) {
        await logs.send(new DeleteLogGroupCommand({ logGroupName }));
      }
    }
  }
}

async function removeKeys(ssm: SSMClient, stack: string): Promise<void> {
  const names: string[] = [];
  const pages = paginateGetParametersByPath(
    { client: ssm },
    { Path: `/${stack}/keys`, WithDecryption: false },
  );
  for await (const { Parameters = [] } of pages) {
    names.push(...Parameters.flatMap(({ Name }) => Name ?? []));
  }
  for (const Names of chunks(names, PARAMETERS_A_CALL)) {
    await ssm.send(new DeleteParametersCommand({ Names }));
  }
}
