import { AWS_JSON, awsJson, isAwsJson, operationName } from './aws-json.ts';
import { errorResult } from './error-result.ts';
import { type GatewayEvent, type GatewayResult, headerOf } from './gateway-event.ts';
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
    const speaksAwsJson = isAwsJson(event);
    const { requestId } = event.requestContext;
    try {
      return speaksAwsJson
        ? await awsJson(event, operations, services)
        : await restView(event, restOperations, services);
    } catch (error) {
      const asksForJson = speaksAwsJson || headerOf(event, 'x-amz-target') !== undefined;
      const about = speaksAwsJson ? { operation: operationName(event) } : { path: event.path };
      return errorResult(error, requestId, asksForJson ? AWS_JSON : 'application/json', about);
    }
  };
}
