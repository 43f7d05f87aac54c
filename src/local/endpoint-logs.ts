import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CloudWatchLogsClient,
  GetLogEventsCommand,
  paginateDescribeLogStreams,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { logGroupOf } from '../fleet/fleet-name.ts';
import { ValidationException } from '../protocol/errors.ts';
import { parseFollow } from './event-query.ts';
import { STACK } from './functions-environment.ts';

const POLL_MS = 300;
/** Of a task's id, which has 32: enough to tell tasks apart. */
const TASK_CHARACTERS = 8;

export interface LogQuery {
  endpoint: string;
  /** A container's name; undefined for all of them, the router and the loader too. */
  stage: string | undefined;
  follow: boolean;
}

interface Line {
  timestamp: number;
  text: string;
}

/** @throws ValidationException that names what is wrong with the query */
export function parseLogQuery(endpoint: string, given: Record<string, string>): LogQuery {
  const { follow = 'false', stage, ...others } = given;
  const [other] = Object.keys(others);
  if (other !== undefined) {
    throw new ValidationException(`Logs have no member ${other}. They take stage and follow.`);
  }
  return { endpoint, stage, follow: parseFollow(follow) };
}

/**
 * What the containers of an endpoint wrote, in the order of time: the last megabyte of each; with
 * `follow` also what they write from then on, those of new tasks among them, until the endpoint is gone
 * or `signal` is aborted. A line is `<ISO time> <container>/<task> <what it wrote>`.
 *
 * Rejects with ValidationException when there is no such endpoint or, without `follow`, no such stage.
 */
export async function endpointLogs(
  logs: CloudWatchLogsClient,
  query: LogQuery,
  signal: AbortSignal,
): Promise<AsyncIterable<string>> {
  const reader = new EndpointLogReader(logs, query);
  const first = await reader.read();
  if (first === undefined) {
    throw new ValidationException(
      `Endpoint ${query.endpoint} has no logs: there is no such endpoint.`,
    );
  }
  if (!query.follow) reader.requireStage();
  return texts(reader, first, query, signal);
}

async function* texts(
  reader: EndpointLogReader,
  first: Line[],
  { follow }: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<string> {
  for (let lines: Line[] | undefined = first; lines !== undefined; ) {
    if (lines.length > 0) yield lines.map(({ text }) => `${text}\n`).join('');
    if (!follow || signal.aborted) return;
    await sleep(POLL_MS);
    lines = await reader.read();
  }
}

/** Reads on from where it was, in every stream that there is by then. */
class EndpointLogReader {
  readonly #logs: CloudWatchLogsClient;
  readonly #query: LogQuery;
  readonly #group: string;
  /** The token for the next lines of each stream. */
  readonly #tokens = new Map<string, string | undefined>();
  readonly #containers = new Set<string>();
  #isFirst = true;

  constructor(logs: CloudWatchLogsClient, query: LogQuery) {
    this.#logs = logs;
    this.#query = query;
    this.#group = logGroupOf(STACK, query.endpoint);
  }

  /** The new lines; undefined when the endpoint's logs are gone. */
  async read(): Promise<Line[] | undefined> {
    try {
      const streams = await this.#streams();
      const lines = await Promise.all(streams.map((stream) => this.#readStream(stream)));
      this.#isFirst = false;
      return lines.flat().sort((a, b) => a.timestamp - b.timestamp);
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  }

  requireStage(): void {
    const { endpoint, stage } = this.#query;
    if (stage === undefined || this.#containers.has(stage)) return;
    const known = [...this.#containers].sort().join(', ') || 'none yet';
    throw new ValidationException(
      `Endpoint ${endpoint} has no logs of stage "${stage}". It has logs of: ${known}.`,
    );
  }

  async #streams(): Promise<string[]> {
    const pages = paginateDescribeLogStreams({ client: this.#logs }, { logGroupName: this.#group });
    const names: string[] = [];
    for await (const { logStreams = [] } of pages) {
      for (const { logStreamName = '' } of logStreams) {
        const { container } = partsOf(logStreamName);
        this.#containers.add(container);
        if (container === (this.#query.stage ?? container)) names.push(logStreamName);
      }
    }
    return names;
  }

  async #readStream(logStreamName: string): Promise<Line[]> {
    const nextToken = this.#tokens.get(logStreamName);
    const { events = [], nextForwardToken } = await this.#logs.send(
      new GetLogEventsCommand({
        logGroupName: this.#group,
        logStreamName,
        nextToken,
        startFromHead: !this.#isFirst,
      }),
    );
    this.#tokens.set(logStreamName, nextForwardToken);
    const { container, task } = partsOf(logStreamName);
    return events.map(({ message = '', timestamp = 0 }) => ({
      timestamp,
      text: `${new Date(timestamp).toISOString()} ${container}/${task} ${message}`,
    }));
  }
}

/** `<variant>/<container>/<task id>`. */
function partsOf(stream: string): { container: string; task: string } {
  const [, container = '', task = ''] = stream.split('/');
  return { container, task: task.slice(0, TASK_CHARACTERS) };
}
