import type { Clock } from '../aws/clock.ts';
import type { Route, RouteVariant } from '../endpoints/route.ts';
import {
  invocationMetrics,
  type MeasuredInvocation,
  metricsWithoutContainers,
} from './invocation-metrics.ts';
import type { InvokeResult } from './invoke-result.ts';
import { stageTimes } from './stage-times.ts';
import type { TaskAnswer } from './task-client.ts';

/** How many requests the router had when it answered. */
const IN_FLIGHT_HEADER = 'x-headrace-in-flight';

/** Follows one invocation from its coming to its end. */
export interface Measurement {
  /** A fleet was chosen for it; the latest counts. An invocation without one is nobody's. */
  chose(endpoint: string, route: Route, variant: RouteVariant): void;
  /** A task has answered, or begun to. */
  answered(headers: TaskAnswer['headers']): void;
  /** The stream of its answer broke off. */
  broke(): void;
  /** Takes the result on its way out. */
  over(result: InvokeResult, requestId: string): InvokeResult;
}

/** @returns the measurement of an invocation that has just come */
export type Meter = () => Measurement;

export interface MeterOptions {
  readonly clock: Clock;
  /** Takes whole lines: those of one invocation at once, when it is over. */
  readonly print: (lines: string) => void;
  /** Whether containers have metrics of their own. Default: they have. */
  readonly hasContainers?: boolean;
  /** In milliseconds, finer than a clock. */
  readonly stopwatch?: () => number;
}

/** Prints each invocation's metrics (`invocation-metrics.ts`), and calls nobody. */
export function createMeter({
  clock,
  print,
  hasContainers = true,
  stopwatch = () => performance.now(),
}: MeterOptions): Meter {
  return () => {
    const started = stopwatch();
    const elapsed = () => stopwatch() - started;
    let chosen: { endpoint: string; route: Route; variant: RouteVariant } | undefined;
    let concurrent: number | undefined;
    let isBroken = false;

    const tell = (
      { statusCode, headers, body }: InvokeResult,
      requestId: string,
      stream?: { begunMs: number; firstChunkMs: number | undefined },
    ): void => {
      if (chosen === undefined) return;
      const { endpoint, route, variant } = chosen;
      const elapsedMs = elapsed();
      const isModelError = headers['x-amzn-errortype'] === 'ModelError';
      const stages = stageTimes(headers['server-timing']);
      const last = stages.at(-1);
      // The router's times end where its answer begins; the last stage has gone on since.
      if (stream !== undefined && last !== undefined) {
        stages[stages.length - 1] = { ...last, ms: last.ms + elapsedMs - stream.begunMs };
      }
      const measured: MeasuredInvocation = {
        endpoint,
        variant: variant.name,
        config: variant.config,
        requestId,
        instances: instancesOf(route, variant),
        status: isModelError ? originalStatus(body) : statusCode,
        isModelError,
        stages,
        elapsedMs,
        concurrent,
        ...(stream && { stream: { firstChunkMs: stream.firstChunkMs, isBroken } }),
      };
      const tellOf = hasContainers ? invocationMetrics : metricsWithoutContainers;
      print(tellOf(measured, clock.now()));
    };

    async function* toItsEnd(result: InvokeResult, requestId: string) {
      const begunMs = elapsed();
      let firstChunkMs: number | undefined;
      try {
        for await (const frame of result.body as AsyncIterable<Uint8Array>) {
          // What follows a break is the frame that says so.
          if (!isBroken) firstChunkMs ??= elapsed();
          yield frame;
        }
      } finally {
        tell(result, requestId, { begunMs, firstChunkMs });
      }
    }

    return {
      chose: (endpoint, route, variant) => {
        chosen = { endpoint, route, variant };
      },
      answered: (headers) => {
        const told = headers[IN_FLIGHT_HEADER];
        concurrent = told === undefined ? undefined : Number(told);
      },
      broke: () => {
        isBroken = true;
      },
      over: (result, requestId) => {
        if (!Buffer.isBuffer(result.body)) return { ...result, body: toItsEnd(result, requestId) };
        tell(result, requestId);
        return result;
      },
    };
  };
}

const UNMEASURED: Measurement = {
  chose: () => undefined,
  answered: () => undefined,
  broke: () => undefined,
  over: (result) => result,
};

/** The meter of a stack without metrics. */
export const noMeter: Meter = () => UNMEASURED;

function instancesOf({ variants }: Route, { name }: RouteVariant): number {
  let count = 0;
  for (const variant of variants) if (variant.name === name) count += variant.targets.length;
  return count;
}

/** The model's status, in a ModelError; 0 when it gave none. */
function originalStatus(body: InvokeResult['body']): number {
  try {
    const { OriginalStatusCode } = JSON.parse(String(body)) as { OriginalStatusCode?: unknown };
    return Number(OriginalStatusCode) || 0;
  } catch (error) {
    if (error instanceof SyntaxError) return 0;
    throw error;
  }
}
