import { ALGORITHM, basicTime, type Scope, TERMINATOR } from '../aws/sigv4.ts';
import type { GatewayEvent } from '../protocol/gateway-event.ts';
import type { Fields } from './fields.ts';
import { incompleteSignature, invalidSignature, Refusal, unrecognizedClient } from './refusal.ts';

/** AWS has 5 minutes for some services and 15 for others. */
const TOLERANCE_MINUTES = 15;
const BASIC_TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
/** They say what is asked, so none may be added to a request by whoever passes it on. */
const ALWAYS_SIGNED = /^(?:content-type|x-amz-(?:content-sha256|date|target)|x-amzn-sagemaker-.*)$/;

/** Who signed a request, and how: nothing of it is proven yet. */
export interface Claim {
  accessKeyId: string;
  scope: Scope;
  /** YYYYMMDDTHHMMSSZ */
  time: string;
  /** In lower case, sorted; `host` is one of them. */
  signedHeaders: string[];
  /** 64 hexadecimal digits. */
  signature: string;
}

/**
 * Reads the Authorization header, and refuses what no access key could make good: another region or
 * service, a time that is too far off, headers left unsigned. All of it without a look at any key.
 * @param now in milliseconds since the Unix epoch
 * @throws Refusal
 */
export function readClaim(
  event: GatewayEvent,
  fields: Fields,
  { region, service }: Pick<Scope, 'region' | 'service'>,
  now: number,
): Claim {
  const { credential, signedHeaders, signature } = authorizationIn(event, fields);
  const [accessKeyId = '', day = '', itsRegion, itsService, terminator, ...more] =
    credential.split('/');
  if (terminator === undefined || more.length > 0) {
    throw incompleteSignature(
      'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.',
    );
  }
  if (fields.has('x-amz-security-token')) {
    throw unrecognizedClient(' Access keys of this stack have no session token: send none.');
  }
  if (terminator !== TERMINATOR) {
    throw invalidSignature(`Credential should be scoped with a valid terminator: '${TERMINATOR}'.`);
  }
  if (itsRegion !== region) {
    throw invalidSignature(`Credential should be scoped to a valid region: '${region}'.`);
  }
  if (itsService !== service) {
    throw invalidSignature(`Credential should be scoped to correct service: '${service}'.`);
  }
  const time = timeIn(fields, now);
  if (day !== time.slice(0, 8)) {
    throw invalidSignature(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${time.slice(0, 8)}', from '${time}'.`,
    );
  }
  const names = signedHeaders.split(';');
  checkSignedHeaders(names, fields);
  return {
    accessKeyId,
    scope: { day, region, service },
    time,
    signedHeaders: names,
    signature,
  };
}

function authorizationIn(event: GatewayEvent, fields: Fields) {
  const header = fields.one('authorization');
  if (header === undefined) {
    if (event.queryStringParameters?.['X-Amz-Signature'] !== undefined) {
      throw incompleteSignature(
        'Presigned URLs are not taken here. Sign the request in its Authorization header, as AWS SDKs do.',
      );
    }
    throw new Refusal(
      'MissingAuthenticationTokenException',
      'Missing Authentication Token. Sign the request with an access key of this stack, as AWS SDKs do, or curl with --aws-sigv4.',
    );
  }
  const [algorithm = '', ...rest] = header.split(' ');
  if (algorithm !== ALGORITHM) {
    throw incompleteSignature(`The Authorization header must begin with ${ALGORITHM}.`);
  }
  const parts = new Map<string, string>();
  for (const part of rest.join(' ').split(',')) {
    const [, name = '', value = ''] = /^ *(\w+)=(\S+)$/.exec(part) ?? [];
    if (name === '' || parts.has(name)) {
      throw incompleteSignature(
        'The Authorization header is to have Credential, SignedHeaders and Signature, each once, as name=value and divided by commas.',
      );
    }
    parts.set(name, value);
  }
  const required = (name: string) => {
    const value = parts.get(name);
    if (value !== undefined) return value;
    throw incompleteSignature(`Authorization header requires '${name}' parameter.`);
  };
  const found = {
    credential: required('Credential'),
    signedHeaders: required('SignedHeaders'),
    signature: required('Signature'),
  };
  if (parts.size === 3 && /^[0-9a-f]{64}$/.test(found.signature)) return found;
  throw incompleteSignature(
    'The Authorization header is to have Credential, SignedHeaders and a Signature of 64 hexadecimal digits, and nothing else.',
  );
}

/** @returns the request's time, YYYYMMDDTHHMMSSZ. @throws Refusal when it is more than 15 minutes off */
function timeIn(fields: Fields, now: number): string {
  const given = fields.one('x-amz-date') ?? fields.one('date');
  if (given === undefined) {
    throw incompleteSignature(
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    );
  }
  const time = Date.parse(given.replace(BASIC_TIME, '$1-$2-$3T$4:$5:$6Z'));
  if (Number.isNaN(time)) {
    throw incompleteSignature("Date must be in ISO-8601 'basic format', such as 20261128T120000Z.");
  }
  const tolerance = TOLERANCE_MINUTES * 60_000;
  const told = basicTime(time);
  if (time < now - tolerance) {
    throw invalidSignature(
      `Signature expired: ${told} is now earlier than ${basicTime(now - tolerance)} (${basicTime(now)} - ${TOLERANCE_MINUTES} min.)`,
    );
  }
  if (time > now + tolerance) {
    throw invalidSignature(
      `Signature not yet current: ${told} is still later than ${basicTime(now + tolerance)} (${basicTime(now)} + ${TOLERANCE_MINUTES} min.)`,
    );
  }
  return told;
}

function checkSignedHeaders(names: string[], fields: Fields): void {
  if (!names.includes('host')) {
    throw invalidSignature(
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
  }
  const unsigned = fields
    .names()
    .filter((name) => ALWAYS_SIGNED.test(name) && !names.includes(name));
  if (unsigned.length > 0) {
    throw invalidSignature(
      `There were headers present in the request which were not signed: ${unsigned.join(', ')}. They must be.`,
    );
  }
}
