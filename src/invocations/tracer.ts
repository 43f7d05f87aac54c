import { randomBytes } from 'node:crypto';
import type { Clock } from '../aws/clock.ts';
import { type StageTime, stageTimes } from './stage-times.ts';
import type { TaskAnswer, TaskStream } from './task-client.ts';
import { rootOf, TRACE_HEADER } from './trace-id.ts';

/** Of a task, as it is called. */
export interface TracedCall {
  readonly endpoint: string;
  readonly variant: string;
  readonly task: string;
  readonly requestId: string;
}

type Headers = Record<string, string>;

/** Makes a call, and has X-Ray know of it. */
export type Tracer = <T extends TaskAnswer | TaskStream>(
  about: TracedCall,
  headers: Headers,
  call: (headers: Headers) => Promise<T>,
) => Promise<T>;

export interface TracerOptions {
  /** The trace header of the invocation that runs, as Lambda gives it. */
  readonly traceHeader: () => string | undefined;
  /** Takes a segment document; it never throws, and nobody waits for it. */
  readonly send: (document: string) => void;
  readonly clock: Clock;
}

/** Where a call belongs: the trace, and Lambda's own segment of the function. */
interface Place {
  readonly root: string;
  readonly parent: string;
}

/**
 * A subsegment of the function's segment for each call of a task that is sampled, with one for each stage
 * that ran (https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html). The stages
 * get its id as their parent.
 */
export function createTracer({ traceHeader, send, clock }: TracerOptions): Tracer {
  return async (about, headers, call) => {
    const place = sampledPlace(traceHeader());
    if (place === undefined) return call(headers);
    const id = newId();
    const began = clock.now();
    const end = (outcome: Outcome) =>
      send(JSON.stringify(subsegment(about, place, id, { began, ended: clock.now() }, outcome)));
    const passedOn = `Root=${place.root};Parent=${id};Sampled=1`;
    try {
      const answer = await call({ ...headers, [TRACE_HEADER.toLowerCase()]: passedOn });
      const stages = stageTimes(answer.headers['server-timing'] as string | undefined);
      if ('status' in answer) end({ status: answer.status, stages });
      // The router's times end where its answer begins: of a stream, the last stage goes on.
      else answer.chunks.once('close', () => end({ status: 200, stages, streams: true }));
      return answer;
    } catch (error) {
      end({ stages: [] });
      throw error;
    }
  };
}

/** undefined: nobody wants to know of it, or nobody could tell where it belongs. */
function sampledPlace(header = ''): Place | undefined {
  const root = rootOf(header);
  const parent = /(?:^|;)\s*Parent=([0-9a-f]{16})(?:;|$)/i.exec(header)?.[1];
  const isSampled = /(?:^|;)\s*Sampled=1(?:;|$)/.test(header);
  return isSampled && root !== undefined && parent !== undefined ? { root, parent } : undefined;
}

interface Outcome {
  /** undefined: the task did not answer. */
  readonly status?: number;
  readonly stages: readonly StageTime[];
  readonly streams?: boolean;
}

function subsegment(
  { endpoint, variant, task, requestId }: TracedCall,
  { root, parent }: Place,
  id: string,
  { began, ended }: { began: number; ended: number },
  outcome: Outcome,
): object {
  const { status } = outcome;
  return {
    name: endpoint,
    id,
    trace_id: root,
    parent_id: parent,
    type: 'subsegment',
    namespace: 'remote',
    start_time: began / 1000,
    end_time: ended / 1000,
    ...blame(status),
    ...(status !== undefined && { http: { response: { status } } }),
    annotations: { endpoint, variant, task, request_id: requestId },
    subsegments: stagesIn(outcome, began, ended),
  };
}

/** One after the other, the last one up to the end. What is left of the call was before the first. */
function stagesIn({ status, stages, streams }: Outcome, began: number, ended: number): object[] {
  const total = stages.reduce((sum, { ms }) => sum + ms, 0);
  let at = streams ? began : Math.max(began, ended - total);
  return stages.map(({ name, ms }, position) => {
    const isLast = position === stages.length - 1;
    const start = at;
    at = isLast && streams ? ended : Math.min(ended, at + ms);
    const hasFailed = isLast && status === MODEL_ERROR;
    return {
      name,
      id: newId(),
      start_time: start / 1000,
      end_time: at / 1000,
      ...(hasFailed && { fault: true }),
    };
  });
}

const MODEL_ERROR = 424;

/** X-Ray's words: a fault is the server's, an error the caller's. */
function blame(status: number | undefined): object {
  if (status === undefined || status >= 500 || status === MODEL_ERROR) return { fault: true };
  return status >= 400 ? { error: true } : {};
}

function newId(): string {
  return randomBytes(8).toString('hex');
}
