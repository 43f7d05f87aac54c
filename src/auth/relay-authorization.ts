import type { APIGatewayAuthorizerResult } from 'aws-lambda';
import { Fields } from './fields.ts';

/** What API Gateway asks a Lambda authorizer of type REQUEST, as far as we look at it. */
export type AuthorizerEvent = ConstructorParameters<typeof Fields>[0] & { methodArn: string };

/**
 * Hands on the Authorization header, and decides nothing. A REST API drops that header on its way to a
 * function when it holds a signature (API Gateway Developer Guide, "Important notes for REST APIs"), but
 * not on its way to an authorizer, which sees no body and so cannot check the signature itself.
 */
export function relayAuthorization(event: AuthorizerEvent): APIGatewayAuthorizerResult {
  const authorization = new Fields(event).only('authorization');
  const [api] = event.methodArn.split('/', 1);
  return {
    principalId: 'unchecked',
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: `${api}/*` }],
    },
    ...(authorization !== undefined && { context: { authorization } }),
  };
}
