import {
  ConflictException,
  InvalidParameterException,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Clients } from '../aws/clients.ts';
import type { Clock } from '../aws/clock.ts';
import type { Config } from '../aws/config.ts';
import { logEvent } from '../aws/log.ts';
import type { Table } from '../aws/table.ts';
import { tolerating } from '../aws/tolerating.ts';
import type { Wake } from '../endpoints/wake.ts';
import type { Tell } from '../events/state-change.ts';
import { ensureLogGroup } from '../fleet/log-groups.ts';
import { deleteDefinitions, deregisterDefinitions } from '../fleet/remove-definitions.ts';
import { abandonWork } from './abandon-work.ts';
import { jobLogGroup } from './job-fleet.ts';
import { jobTaskDefinition, runShare } from './job-task.ts';
import type { Action } from './plan.ts';
import type { TransformJobRecord } from './transform-job-record.ts';

export interface JobWorld {
  config: Config;
  clients: Clients;
  s3: S3Client;
  table: Table;
  clock: Clock;
  tell: Tell;
  /** Has a job looked at again. */
  wakeTransformJob: Wake;
}

/** Does one action. Each may have been done before: then it is a success. */
export async function perform(
  action: Action,
  job: TransformJobRecord,
  { config, clients, s3, table, clock }: JobWorld,
): Promise<void> {
  const { ecs, logs } = clients;
  switch (action.do) {
    case 'ensureLogGroup':
      await ensureLogGroup(logs, jobLogGroup(config.stack), config.logRetentionDays);
      return;
    case 'registerTaskDefinition':
      await ecs.send(new RegisterTaskDefinitionCommand(jobTaskDefinition(job, config)));
      return;
    case 'runTask': {
      const { share, attempt, taskDefinition } = action;
      const input = runShare(job, share, attempt, taskDefinition, config);
      // The attempt has its task, by another revision of the definition or other settings of the stack.
      await tolerating(ConflictException, async () => {
        const { failures = [] } = await ecs.send(new RunTaskCommand(input));
        // No room now is no failure yet: the next look tries again, until the time is up.
        const reasons = failures.map(({ reason }) => reason).join(', ');
        if (reasons !== '') {
          logEvent('warn', { event: 'not-placed', job: job.name, share, reasons });
        }
      });
      return;
    }
    case 'stopTask':
      // Gone already.
      await tolerating(InvalidParameterException, () =>
        ecs.send(
          new StopTaskCommand({
            cluster: config.cluster,
            task: action.task,
            reason: 'The transform job has ended or is being stopped.',
          }),
        ),
      );
      return;
    case 'abandonWork':
      await abandonWork(table, s3, job, clock.now());
      return;
    case 'deregisterTaskDefinitions':
      await deregisterDefinitions(ecs, action.arns);
      return;
    case 'deleteTaskDefinitions':
      await deleteDefinitions(ecs, action.arns);
      return;
  }
}
