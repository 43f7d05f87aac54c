import type { Clock } from '../../aws/clock.ts';
import type { GatewayEvent, GatewayResult } from '../../protocol/gateway-event.ts';
import { invocationMetrics } from './invocation-metrics.ts';
import type { Metrics } from './metrics.ts';
import { summaryOf } from './summary.ts';

/** The same numbers in both, so that an alarm that was written for SageMaker works unchanged. */
const NAMESPACES = ['Headrace/Endpoints', 'AWS/SageMaker'];

type Invoke = (event: GatewayEvent) => Promise<GatewayResult>;

/**
 * `invoke`, and every answer of a variant counted.
 * @param stopwatch in milliseconds, finer than a clock
 */
export function recordInvocations(
  invoke: Invoke,
  metrics: Pick<Metrics, 'add'>,
  clock: Clock,
  stopwatch: () => number = () => performance.now(),
): Invoke {
  return async (event) => {
    const started = stopwatch();
    const result = await invoke(event);
    const invocation = invocationMetrics(event, result, stopwatch() - started);
    for (const { name, unit, value } of invocation?.values ?? []) {
      for (const Namespace of NAMESPACES) {
        const id = {
          Namespace,
          MetricName: name,
          Dimensions: [
            { Name: 'EndpointName', Value: invocation?.endpoint ?? '' },
            { Name: 'VariantName', Value: invocation?.variant ?? '' },
          ],
        };
        metrics.add(id, clock.now(), unit, summaryOf(value));
      }
    }
    return result;
  };
}
