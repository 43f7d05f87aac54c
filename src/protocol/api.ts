import { AWS_JSON, awsJson } from './aws-json.ts';
import { errorResult } from './error-result.ts';
import { type GatewayEvent, type GatewayResult, headerOf, segmentsOf } from './gateway-event.ts';
import type { Operation, Services } from './operation.ts';
import { restView } from './rest-view.ts';

/**
 * The control plane: AWS JSON at `POST /` (with or without the stage), the REST view elsewhere.
 * @param restOperations those of the REST view: it may have more than SageMaker has
 */
export function createApi(
  operations: ReadonlyMap<string, Operation>,
  services: Services,
  restOperations = operations,
) {
  return async (event: GatewayEvent): Promise<GatewayResult> => {
    const isAwsJson = event.httpMethod === 'POST' && segmentsOf(event).length === 0;
    const { requestId } = event.requestContext;
    try {
      return isAwsJson
        ? await awsJson(event, operations, services)
        : await restView(event, restOperations, services);
    } catch (error) {
      const asksForJson = isAwsJson || headerOf(event, 'x-amz-target') !== undefined;
      return errorResult(error, requestId, asksForJson ? AWS_JSON : 'application/json');
    }
  };
}
