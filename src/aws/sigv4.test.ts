import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Signer, signedHeaders } from '../../test/support/signing.ts';
import { basicTime, canonicalRequest, sha256, signature, signingKey } from './sigv4.ts';

const SIGNER: Signer = { accessKeyId: 'HRAKEXAMPLE', secretAccessKey: 'a/secret+of=some-length' };
const [SPECIAL] = ["/endpoints/a b/!'()*~%20%2F/é"];

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);
const text = fc.string({ maxLength: 20, unit: 'grapheme' });
const request = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
  // The signer drops empty and dot segments, as no client of SageMaker's sends.
  path: fc
    .array(fc.stringMatching(/^[\w !'()*~%+=:@&é-]{1,10}$/), { maxLength: 4 })
    .map((parts) => `/${parts.join('/')}`),
  query: fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), text, { maxKeys: 4 }),
  headers: fc.dictionary(
    name.map((part) => `x-${part}`),
    fc.stringMatching(/^[ -~]{0,20}$/),
    { maxKeys: 4 },
  ),
  body: fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
  time: fc.integer({ min: 0, max: 4_000_000_000_000 }).map((time) => time - (time % 1000)),
});

test("signs what the SDK's own signer signs, to the same signature", async () => {
  await fc.assert(
    fc.asyncProperty(request, async (given) => {
      const headers = { ...given.headers, host: 'api.example.com' };

      const theirs = await signedHeaders({ ...given, headers }, SIGNER);

      expect(ours(given, theirs)).toBe(/Signature=(\w+)/.exec(theirs.authorization ?? '')?.[1]);
    }),
    {
      examples: [
        [
          {
            method: 'GET',
            path: SPECIAL ?? '',
            query: { 'a-b': '2', a: '1' },
            headers: {},
            body: Buffer.alloc(0),
            time: 0,
          },
        ],
      ],
    },
  );
});

type Given = typeof request extends fc.Arbitrary<infer T> ? T : never;

function ours({ method, path, query, body, time }: Given, headers: Record<string, string>): string {
  const names = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1]?.split(';') ?? [];
  const canonical = canonicalRequest({
    method,
    path,
    query: Object.entries(query),
    headers: names.map((one) => [one, headers[one] ?? '']),
    bodyHash: sha256(body),
  });
  const at = basicTime(time);
  const scope = { day: at.slice(0, 8), region: 'us-east-1', service: 'sagemaker' };
  const key = signingKey(SIGNER.secretAccessKey, scope);
  return signature(key, at, scope, canonical).toString('hex');
}
