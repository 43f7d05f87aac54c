import middy from '@middy/core';
import { type AuthorizerEvent, relayAuthorization } from '../src/auth/relay-authorization.ts';

export const handler = middy(async (event: AuthorizerEvent) => relayAuthorization(event));
