import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

/**
 * AWS Signature Version 4, the arithmetic of it: what is signed, and with which key. Who signs and who
 * verifies build on this alike. Source: IAM User Guide, "Create a signed AWS API request".
 */

export const ALGORITHM = 'AWS4-HMAC-SHA256';
export const TERMINATOR = 'aws4_request';

/** What of a request is signed. */
export interface SignedParts {
  method: string;
  /** As the request line has it. It is encoded once more, as for every service but S3. */
  path: string;
  /** Decoded. */
  query: readonly (readonly [name: string, value: string])[];
  /** Names in lower case, in the order of `SignedHeaders`: sorted. */
  headers: readonly (readonly [name: string, value: string])[];
  /** Of the body, as `sha256` gives it. */
  bodyHash: string;
}

/** For which day (YYYYMMDD), region and service a signing key is good. */
export interface Scope {
  day: string;
  region: string;
  service: string;
}

/** In lower-case hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return hash('sha256', content, 'hex');
}

/** @throws URIError when path or query are not well-formed Unicode */
export function canonicalRequest({ method, path, query, headers, bodyHash }: SignedParts): string {
  const fields = headers.map(([name, value]) => `${name}:${value.trim().replace(/\s+/g, ' ')}\n`);
  const names = headers.map(([name]) => name).join(';');
  const encodedPath = path.split('/').map(uriEncoded).join('/');
  return `${method}\n${encodedPath}\n${canonicalQuery(query)}\n${fields.join('')}\n${names}\n${bodyHash}`;
}

function canonicalQuery(query: SignedParts['query']): string {
  return query
    .map(([name, value]) => [uriEncoded(name), uriEncoded(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** By code unit, whatever the language of the machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** All but the unreserved characters of RFC 3986. */
function uriEncoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

export function scopeText({ day, region, service }: Scope): string {
  return `${day}/${region}/${service}/${TERMINATOR}`;
}

/** A KeyObject: Node takes five times as long to sign with the bytes of a key. */
export function signingKey(secret: string, { day, region, service }: Scope): KeyObject {
  const bytes = [day, region, service, TERMINATOR].reduce<Buffer>(
    (key, part) => createHmac('sha256', key).update(part).digest(),
    Buffer.from(`AWS4${secret}`),
  );
  return createSecretKey(bytes);
}

/** @param time of the request: YYYYMMDDTHHMMSSZ */
export function signature(key: KeyObject, time: string, scope: Scope, canonical: string): Buffer {
  const toSign = `${ALGORITHM}\n${time}\n${scopeText(scope)}\n${sha256(canonical)}`;
  return createHmac('sha256', key).update(toSign).digest();
}

/** @param time in milliseconds since the Unix epoch. @returns YYYYMMDDTHHMMSSZ */
export function basicTime(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
}
