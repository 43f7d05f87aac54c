import { once } from 'node:events';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { buffer } from 'node:stream/consumers';
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
  /** Of AWS's JSON protocol: DynamoDB speaks 1.0, most others 1.1. */
  json: '1.0' | '1.1';
}

/** An error that the service told. `code` is AWS's. */
export class CallRefused extends Error {
  readonly code: string;
  constructor(code: string, status: number, service: Service) {
    super(`${service.name} answered ${status} ${code}.`);
    this.code = code;
  }
}

/** Kept, as the SDK keeps them: a new one costs more than the call. */
const AGENTS = {
  'http:': new HttpAgent({ keepAlive: true }),
  'https:': new HttpsAgent({ keepAlive: true }),
};

/**
 * Calls one operation of a service that speaks AWS JSON. It does in 2 kB what a client of the SDK
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
      const { status, text } = await post(service.url, headers, body);
      if (status === 200) return parsed(text, service);
      const refused = new CallRefused(codeIn(text), status, service);
      if (status < 500 || attempt === ATTEMPTS) throw refused;
    } catch (error) {
      if (error instanceof CallRefused || attempt === ATTEMPTS) throw error;
    }
  }
}

/** @throws Error when there is no answer in time. One that leads elsewhere is an answer like any other. */
async function post(url: string, headers: Record<string, string>, body: string) {
  const { protocol } = new URL(url);
  const isPlain = protocol === 'http:';
  const send = isPlain ? httpRequest : httpsRequest;
  const sent = send(url, {
    method: 'POST',
    headers,
    agent: AGENTS[isPlain ? 'http:' : 'https:'],
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const answered = once(sent, 'response');
  sent.end(body);
  const [answer] = (await answered) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, text: (await buffer(answer)).toString() };
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
  { url, name, region, json }: Service,
  target: string,
  body: string,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  now: number,
): Record<string, string> {
  const { host, pathname } = new URL(url);
  const time = basicTime(now);
  const scope = { day: time.slice(0, 8), region, service: name };
  const headers: [string, string][] = [
    ['content-type', `application/x-amz-json-${json}`],
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
