import {
  type CloudWatchLogsClient,
  GetLogEventsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  LOADER_CONTAINER,
  logGroupOf,
  logStreamOf,
  ROUTER_CONTAINER,
} from '../fleet/fleet-name.ts';
import { containersToQuote, stageFailures } from '../fleet/stage-failures.ts';
import { parseLoadFailure } from '../loader/load-report.ts';
import { parseHealthReport } from '../router/health-report.ts';
import type { Diagnosis } from './failure-reason.ts';
import type { FleetFailure } from './fleet-failure.ts';

const LINES_TO_SEARCH = 100;
const LINES_TO_QUOTE = 20;

/** Reads the logs of the task that shows the failure. Logs that are not there leave out detail. */
export async function diagnose(
  logs: CloudWatchLogsClient,
  endpoint: string,
  failure: FleetFailure,
): Promise<Diagnosis> {
  const { task, variant } = failure;
  if (task === undefined) return { failure, stages: [], output: [] };
  const read = (container: string, limit: number) =>
    lastLogLines(logs, logGroupOf(endpoint), logStreamOf(variant.name, container, task.id), limit);

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
  return { failure, stages, output };
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
    // A container that never ran has no stream.
    if (error instanceof ResourceNotFoundException) return [];
    throw error;
  }
}
