import { AWS_JSON, isAwsJson } from '../protocol/aws-json.ts';
import { errorResult } from '../protocol/error-result.ts';
import type { GatewayEvent, GatewayResult } from '../protocol/gateway-event.ts';
import { controlAction, invokeAction } from './action.ts';
import type { SignIn } from './sign-in.ts';

/** The control plane, for those only who may ask it. */
export function guardApi(
  signIn: SignIn,
  api: (event: GatewayEvent) => Promise<GatewayResult>,
): (event: GatewayEvent) => Promise<GatewayResult> {
  return async (event) => {
    try {
      await signIn(event, controlAction(event));
    } catch (error) {
      return refusal(error, event);
    }
    return api(event);
  };
}

/** The data plane, for those only who may use it. Whether there is such an endpoint, nobody else learns. */
export function guardInvoke<Result>(
  signIn: SignIn,
  invoke: (event: GatewayEvent) => Promise<Result>,
) {
  return async (event: GatewayEvent) => {
    try {
      await signIn(event, invokeAction(event));
    } catch (error) {
      const { statusCode, headers, body } = refusal(error, event);
      return { statusCode, headers: headers as Record<string, string>, body: Buffer.from(body) };
    }
    return invoke(event);
  };
}

/** Where REST says 403, AWS JSON says 400: the code is in the body. */
function refusal(error: unknown, event: GatewayEvent): GatewayResult {
  const { requestId } = event.requestContext;
  if (!isAwsJson(event)) return errorResult(error, requestId, 'application/json');
  const result = errorResult(error, requestId, AWS_JSON);
  return { ...result, statusCode: result.statusCode < 500 ? 400 : result.statusCode };
}
