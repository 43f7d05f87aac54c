import { ENDPOINT_NAMESPACE } from '../../invocations/invocation-metrics.ts';
import type { MetricId } from './metric-id.ts';

const SAGEMAKER = 'AWS/SageMaker';

/** SageMaker's namespace shows the endpoints' metrics, so that an alarm written for it works unchanged. */
export function asKept<Id extends MetricId>(id: Id): Id {
  return id.Namespace === SAGEMAKER ? { ...id, Namespace: ENDPOINT_NAMESPACE } : id;
}

/** The metric under every namespace that shows it. */
export function asShown<Id extends MetricId>(id: Id): Id[] {
  return id.Namespace === ENDPOINT_NAMESPACE ? [id, { ...id, Namespace: SAGEMAKER }] : [id];
}
