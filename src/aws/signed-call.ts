import type { Clock } from './clock.ts';
import {
  ALGORITHM,
  basicTime,
  canonicalRequest,
  scopeText,
  sha256,
  signature,
  signingKey,
} from './sigv4.ts';

const TIMEOUT_MS = 2_000;
const ATTEMPTS = 2;
const AWS_JSON = 'application/x-amz-json-1.1';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of a role, as a function has one. */
  sessionToken: string | undefined;
}

export interface Service {
  /** Signing name, such as `ssm`. */
  name: string;
  url: string;
  region: string;
}

/** An error that the service told. `code` is AWS's. */
export class CallRefused extends Error {
  readonly code: string;
  constructor(code: string, status: number, service: Service) {
    super(`${service.name} answered ${status} ${code}.`);
    this.code = code;
  }
}

/**
 * Calls one operation of a service that speaks AWS JSON 1.1. It does in 2 kB what a client of the SDK
 * does in 80: every kilobyte of the invoke function is loaded before its first answer.
 * @param target as X-Amz-Target has it
 * @throws CallRefused when the service refuses; any other error when it does not answer in 2 s, twice
 */
export async function signedCall(
  service: Service,
  target: string,
  input: object,
  { credentials, clock }: { credentials: Credentials; clock: Clock },
): Promise<unknown> {
  const body = JSON.stringify(input);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const headers = signedHeaders(service, target, body, credentials, clock.now());
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(service.url, {
        method: 'POST',
        headers,
        body,
        signal,
        redirect: 'error',
      });
      const text = await response.text();
      if (response.ok) return parsed(text, service);
      const refused = new CallRefused(codeIn(text), response.status, service);
      if (response.status < 500 || attempt === ATTEMPTS) throw refused;
    } catch (error) {
      if (error instanceof CallRefused || attempt === ATTEMPTS) throw error;
    }
  }
}

/** @throws Error that quotes nothing of the answer, as JSON.parse does: it may hold a secret */
function parsed(text: string, service: Service): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${service.name} answered with what is not JSON.`);
  }
}

/** Only the code of an error is looked at: its message may quote what was asked. */
function codeIn(text: string): string {
  const [, code = 'without a code'] = /"__type"\s*:\s*"(?:[^"#]*#)?([\w.]+)/.exec(text) ?? [];
  return code;
}

function signedHeaders(
  { url, name, region }: Service,
  target: string,
  body: string,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  now: number,
): Record<string, string> {
  const { host, pathname } = new URL(url);
  const time = basicTime(now);
  const scope = { day: time.slice(0, 8), region, service: name };
  const headers: [string, string][] = [
    ['content-type', AWS_JSON],
    ['host', host],
    ['x-amz-date', time],
    ...(sessionToken === undefined
      ? []
      : [['x-amz-security-token', sessionToken] satisfies [string, string]]),
    ['x-amz-target', target],
  ];
  const bodyHash = sha256(body);
  const canonical = canonicalRequest({
    method: 'POST',
    path: pathname,
    query: [],
    headers,
    bodyHash,
  });
  const signed = signature(signingKey(secretAccessKey, scope), time, scope, canonical);
  const names = headers.map(([header]) => header).join(';');
  return {
    ...Object.fromEntries(headers.filter(([header]) => header !== 'host')),
    authorization: `${ALGORITHM} Credential=${accessKeyId}/${scopeText(scope)}, SignedHeaders=${names}, Signature=${signed.toString('hex')}`,
  };
}
