import {
  type CloudWatchLogsClient,
  GetLogEventsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { logEvent } from '../aws/log.ts';
import { parseLoadFailure } from '../loader/load-report.ts';
import { parseHealthReport } from '../router/health-report.ts';
import { LOADER_CONTAINER, logStreamOf, ROUTER_CONTAINER } from './fleet-name.ts';
import type { ObservedTask } from './observed-fleet.ts';
import { containersToQuote, type StageFailure, stageFailures } from './stage-failures.ts';

const LINES_TO_SEARCH = 100;
const LINES_TO_QUOTE = 20;

/** Where the containers of a task log: `<streamPrefix>/<container>/<task id>`. */
export interface LogPlace {
  group: string;
  streamPrefix: string;
}

export interface TaskDiagnosis {
  stages: StageFailure[];
  /** The last lines that the failed stages wrote. */
  output: { container: string; lines: string[] }[];
}

/** What the logs of a task tell of its failure. Logs that are not there leave out detail. */
export async function diagnoseTask(
  logs: CloudWatchLogsClient,
  { group, streamPrefix }: LogPlace,
  task: ObservedTask,
): Promise<TaskDiagnosis> {
  const read = (container: string, limit: number) =>
    lastLogLines(logs, group, logStreamOf(streamPrefix, container, task.id), limit);

  const [ofRouter, ofLoader] = await Promise.all([
    read(ROUTER_CONTAINER, LINES_TO_SEARCH),
    read(LOADER_CONTAINER, LINES_TO_SEARCH),
  ]);
  const report = ofRouter.flatMap((line) => parseHealthReport(line) ?? []).at(-1);
  const loadFailures = ofLoader.flatMap((line) => parseLoadFailure(line) ?? []);
  const stages = stageFailures(task, { report, loadFailures });
  const output = await Promise.all(
    containersToQuote(stages).map(async (container) => ({
      container,
      lines: await read(container, LINES_TO_QUOTE),
    })),
  );
  return { stages, output };
}

async function lastLogLines(
  logs: CloudWatchLogsClient,
  logGroupName: string,
  logStreamName: string,
  limit: number,
): Promise<string[]> {
  try {
    const { events = [] } = await logs.send(
      new GetLogEventsCommand({ logGroupName, logStreamName, limit, startFromHead: false }),
    );
    return events.map(({ message }) => (message ?? '').trimEnd());
  } catch (error) {
    // A container that never ran has no stream. That logs cannot be read only costs detail.
    if (!(error instanceof ResourceNotFoundException)) {
      logEvent('warn', {
        event: 'log-not-read',
        logGroupName,
        logStreamName,
        error: String(error),
      });
    }
    return [];
  }
}
