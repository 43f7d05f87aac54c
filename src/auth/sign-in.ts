import type { Clock } from '../aws/clock.ts';
import { type Config, credentialsFromEnvironment } from '../aws/config.ts';
import { bodyOf, type GatewayEvent } from '../protocol/gateway-event.ts';
import { ACCESS_KEY_ID } from './access-key.ts';
import { readClaim } from './claim.ts';
import { KeyCache } from './key-cache.ts';
import { createReadKey } from './read-key.ts';
import { Refusal, unrecognizedClient } from './refusal.ts';
import { type Action, isAllowed } from './rights.ts';
import { signedFields } from './signed-fields.ts';
import { verifySignature } from './verify-signature.ts';

/** SDKs sign for control plane and data plane alike under this name (reference section 1.1). */
const SERVICE = 'sagemaker';

/** Resolves for who may have `action`. @throws ServiceError for who may not, or when nobody can say */
export type SignIn = (event: GatewayEvent, action: Action) => Promise<void>;

/** The check that the stack's configuration asks for. */
export function createSignIn(config: Config, clock: Clock): SignIn {
  if (config.auth === 'none') return async () => undefined;
  if (config.auth === 'iam') return signInByGateway;
  const { region, ssmUrl, stack } = config;
  const ssm = { name: 'ssm', url: ssmUrl, region, json: '1.1' as const };
  const credentials = credentialsFromEnvironment();
  const keys = new KeyCache(createReadKey(ssm, stack, { credentials, clock }), clock);
  return signInByKeys(keys, config, clock);
}

/** Access keys of the stack's own, with which requests are signed as for AWS. */
export function signInByKeys(
  keys: Pick<KeyCache, 'get'>,
  config: Pick<Config, 'account' | 'partition' | 'region' | 'stack'>,
  clock: Clock,
): SignIn {
  const scope = { region: config.region, service: SERVICE };
  return async (event, action) => {
    const fields = signedFields(event);
    const claim = readClaim(event, fields, scope, clock.now());
    if (!ACCESS_KEY_ID.test(claim.accessKeyId)) {
      throw unrecognizedClient(
        ' Access keys of this stack begin with HRAK: npm run keys -- create makes one.',
      );
    }
    const key = await keys.get(claim.accessKeyId);
    if (key === undefined || key.expiresAt <= clock.now()) throw unrecognizedClient();
    verifySignature(event, fields, claim, key, bodyOf(event));
    if (isAllowed(key, action)) return;
    const { account, partition, region, stack } = config;
    const user = `arn:${partition}:iam::${account}:user/${stack}/${key.name}`;
    const resource = `arn:${partition}:sagemaker:${region}:${account}:${action.resource}`;
    const limit = key.allow.includes('invoke') ? ` on ${key.endpoints.join(', ')}` : '';
    throw new Refusal(
      'AccessDeniedException',
      `User: ${user} is not authorized to perform: sagemaker:${action.name} on resource: ${resource} because its access key allows ${key.allow.join(', ')}${limit}`,
    );
  };
}

/** API Gateway says who the caller is when, and only when, it has checked that itself. */
const signInByGateway: SignIn = async ({ requestContext }) => {
  if (requestContext.identity?.userArn) return;
  throw new Refusal('MissingAuthenticationTokenException', 'Missing Authentication Token');
};
