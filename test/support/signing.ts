import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { GatewayEvent } from '../../src/protocol/gateway-event.ts';
import { gatewayEvent } from './api.ts';

export interface Signer {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  /** Default: us-east-1. */
  region?: string;
  /** Default: sagemaker. */
  service?: string;
}

export interface Unsigned {
  method: string;
  path: string;
  query?: Record<string, string>;
  headers: Record<string, string>;
  body: Buffer;
  /** In milliseconds since the Unix epoch. */
  time: number;
}

/** What the signer wants of a hash, on node:crypto. */
class Sha256 {
  readonly #hash;
  constructor(secret?: Uint8Array | string) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  }
  update(content: Uint8Array | string): void {
    this.#hash.update(content);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): never {
    throw new Error('A hash is made anew.');
  }
}

/**
 * The request's headers once the AWS SDK for JavaScript's own signer has signed it.
 * @param options `applyChecksum` sends the body's hash along, as that SDK does and botocore does not
 */
export async function signedHeaders(
  { method, path, query = {}, headers, body, time }: Unsigned,
  { region = 'us-east-1', service = 'sagemaker', ...credentials }: Signer,
  { applyChecksum = true } = {},
): Promise<Record<string, string>> {
  const sha256 = Sha256 as never;
  const signer = new SignatureV4({ credentials, region, service, sha256, applyChecksum });
  const request = { method, protocol: 'http:', hostname: 'x', path, query, headers, body };
  const signed = await signer.sign(request, { signingDate: new Date(time) });
  return signed.headers;
}

/** A signed request, as API Gateway hands it over. */
export async function signedEvent(request: Unsigned, signer: Signer): Promise<GatewayEvent> {
  return gatewayEvent({
    httpMethod: request.method,
    path: request.path,
    queryStringParameters: request.query ?? null,
    headers: await signedHeaders(request, signer),
    body: request.body.toString('base64'),
    isBase64Encoded: true,
    requestContext: { requestId: 'request-1', stage: 'prod', domainName: request.headers.host },
  });
}
