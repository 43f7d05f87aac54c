import { isAwsJson, operationName } from '../protocol/aws-json.ts';
import { type GatewayEvent, segmentsOf } from '../protocol/gateway-event.ts';
import { restOperation } from '../protocol/rest-view.ts';
import type { Action } from './rights.ts';

const READS = /^(?:Describe|Get|List)[A-Z]/;

/** What a request to the control plane asks for. What is served nowhere takes the highest right. */
export function controlAction(event: GatewayEvent): Action {
  const name = isAwsJson(event) ? operationName(event) : restOperation(event);
  const right = READS.test(name) ? 'read' : 'admin';
  return { name: name || 'UnknownOperation', right, resource: '*' };
}

/** What a request to the data plane asks for. */
export function invokeAction(event: GatewayEvent): Action {
  const [, endpoint = '', operation] = segmentsOf(event);
  const name =
    operation === 'invocations-response-stream'
      ? 'InvokeEndpointWithResponseStream'
      : 'InvokeEndpoint';
  return { name, right: 'invoke', resource: `endpoint/${endpoint}` };
}
