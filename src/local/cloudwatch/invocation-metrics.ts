import { type GatewayEvent, type GatewayResult, segmentsOf } from '../../protocol/gateway-event.ts';

/** What SageMaker would say of one invocation: names and units as in `AWS/SageMaker`. */
export interface InvocationMetrics {
  readonly endpoint: string;
  readonly variant: string;
  readonly values: readonly { name: string; unit: 'None' | 'Microseconds'; value: number }[];
}

/**
 * @param elapsedMs from the request to its answer
 * @returns undefined when no variant took the request
 */
export function invocationMetrics(
  event: GatewayEvent,
  result: GatewayResult,
  elapsedMs: number,
): InvocationMetrics | undefined {
  const [, endpoint] = segmentsOf(event);
  const variant = headerOf(result, 'x-amzn-invoked-production-variant');
  if (endpoint === undefined || variant === undefined) return undefined;

  const isModelError = headerOf(result, 'x-amzn-errortype') === 'ModelError';
  const failure = isModelError ? originalStatus(result) : undefined;
  const status = failure ?? result.statusCode;
  // A model that gave no answer at all has the status 0. It counts as a server's error.
  const isServerError = status >= 500 || failure === 0;
  const counts = {
    Invocations: true,
    Invocation4XXErrors: status >= 400 && status < 500,
    Invocation5XXErrors: isServerError,
    InvocationModelErrors: failure !== undefined,
  };
  const modelMs = stagesMs(headerOf(result, 'server-timing'));
  const latencies =
    modelMs === undefined
      ? {}
      : { ModelLatency: modelMs * 1000, OverheadLatency: Math.max(0, elapsedMs - modelMs) * 1000 };
  return {
    endpoint,
    variant,
    values: [
      ...Object.entries(counts).map(
        ([name, is]) => ({ name, unit: 'None', value: is ? 1 : 0 }) as const,
      ),
      ...Object.entries(latencies).map(
        ([name, value]) => ({ name, unit: 'Microseconds', value }) as const,
      ),
    ],
  };
}

/** The sum of all stages. The router's own share, which is always last, is not the model's. */
function stagesMs(serverTiming: string | undefined): number | undefined {
  const stages = serverTiming?.split(',').slice(0, -1) ?? [];
  if (stages.length === 0) return undefined;
  const sum = stages.reduce((ms, stage) => ms + Number(/;dur=([\d.]+)/.exec(stage)?.[1]), 0);
  return Number.isFinite(sum) ? sum : undefined;
}

/** The model's status, in a ModelError; 0 when it gave none. */
function originalStatus(result: GatewayResult): number {
  const body = Buffer.from(result.body, result.isBase64Encoded ? 'base64' : 'utf8').toString();
  try {
    return Number(JSON.parse(body).OriginalStatusCode) || 0;
  } catch (error) {
    if (error instanceof SyntaxError) return 0;
    throw error;
  }
}

function headerOf({ headers = {} }: GatewayResult, name: string): string | undefined {
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name);
  return found === undefined ? undefined : String(found[1]);
}
