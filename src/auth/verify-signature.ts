import { timingSafeEqual } from 'node:crypto';
import { canonicalRequest, type SignedParts, sha256, signature } from '../aws/sigv4.ts';
import type { GatewayEvent } from '../protocol/gateway-event.ts';
import type { AccessKey } from './access-key.ts';
import type { Claim } from './claim.ts';
import type { Fields } from './fields.ts';
import { invalidSignature, signatureMismatch } from './refusal.ts';

const SHA256 = /^[0-9a-f]{64}$/;

/**
 * Whether `key` signed this very request: its method, path, query, signed headers, and the bytes of
 * its body, which are hashed here whatever a header says of them.
 * @throws Refusal when not
 */
export function verifySignature(
  event: GatewayEvent,
  fields: Fields,
  { scope, time, signedHeaders, signature: given }: Claim,
  key: AccessKey,
  body: Uint8Array,
): void {
  checkHost(event, fields);
  // API Gateway drops it, and the SDK for JavaScript signs it.
  fields.add('content-length', String(body.length));
  const parts = {
    method: event.httpMethod,
    query: queryOf(event),
    headers: signedHeaders.map((name) => [name, fields.one(name) ?? mismatch()] as const),
    bodyHash: bodyHash(fields, body),
  };
  const signingKey = key.signingKey(scope);
  const expected = Buffer.from(given, 'hex');
  const isSigned = [...pathsOf(event)].some((path) => {
    const canonical = canonicalOr({ ...parts, path });
    return timingSafeEqual(signature(signingKey, time, scope, canonical), expected);
  });
  if (!isSigned) mismatch();
}

function mismatch(): never {
  throw signatureMismatch();
}

function canonicalOr(parts: SignedParts): string {
  try {
    return canonicalRequest(parts);
  } catch (error) {
    // Half a surrogate pair cannot be signed.
    if (error instanceof URIError) return mismatch();
    throw error;
  }
}

/**
 * A request that was signed for another host stays good for its 15 minutes: it must not be let in here,
 * even with that host's name in its Host header. API Gateway tells by which name it was reached.
 */
function checkHost({ requestContext }: GatewayEvent, fields: Fields): void {
  const { domainName } = requestContext;
  if (domainName === undefined) return;
  const host = fields.one('host');
  if (host?.toLowerCase() !== domainName.toLowerCase()) mismatch();
}

/** A name that is given twice means one thing to who signs it and may mean another to who reads it. */
function queryOf(event: GatewayEvent): [string, string][] {
  const several = event.multiValueQueryStringParameters;
  if (several && Object.values(several).some((values) => values?.length !== 1)) mismatch();
  return Object.entries(event.queryStringParameters ?? {}).map(([name, value = '']) => [
    name,
    value,
  ]);
}

function bodyHash(fields: Fields, body: Uint8Array): string {
  const told = fields.one('x-amz-content-sha256');
  if (told !== undefined && !SHA256.test(told)) {
    throw invalidSignature(
      'The body must be signed: x-amz-content-sha256 is to be its SHA-256 in lower-case hexadecimal, or left out.',
    );
  }
  const actual = sha256(body);
  return told === undefined || told === actual ? actual : mismatch();
}

/**
 * The paths that the client may have signed, likeliest first. API Gateway takes the stage's prefix off
 * the path, or not, depending on the host name; both mean the same here.
 */
function pathsOf({ path, requestContext: { path: asSent, stage } }: GatewayEvent): Set<string> {
  const prefix = `/${stage}`;
  const isPrefixed = path === prefix || path.startsWith(`${prefix}/`);
  const other = isPrefixed ? path.slice(prefix.length) || '/' : prefix + path;
  const paths = asSent === undefined ? [path, other] : [asSent, path, other];
  // botocore leaves off the slash at the end of a stage's root; the JS SDK sends it.
  return new Set(paths.flatMap((one) => (one === `${prefix}/` ? [one, prefix] : [one])));
}
