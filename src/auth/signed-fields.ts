import type { GatewayEvent } from '../protocol/gateway-event.ts';
import { Fields } from './fields.ts';

/** The header fields as the client sent them: with the signature that API Gateway keeps from functions. */
export function signedFields(event: GatewayEvent): Fields {
  const fields = new Fields(event);
  const { authorizer } = event.requestContext;
  if (authorizer?.authorization) fields.add('authorization', authorizer.authorization);
  return fields;
}
