import type { KeyObject } from 'node:crypto';
import * as z from 'zod';
import { type Scope, signingKey } from '../aws/sigv4.ts';

export const RIGHTS = ['admin', 'read', 'invoke'] as const;
/** `read` is to describe and list; `invoke` is to invoke the endpoints that the key's patterns match. */
export type Right = (typeof RIGHTS)[number];

/** Twenty characters, as AWS's own have; SDKs take any. */
export const ACCESS_KEY_ID = /^HRAK[A-Z2-7]{16}$/;

/** IAM's rule for the names of users. */
export const KEY_NAME = /^[\w+=,.@-]{1,64}$/;

/** Part of an endpoint's name; `*` stands for any characters, or none. */
export const ENDPOINT_PATTERN = /^[a-zA-Z0-9*-]{1,63}$/;

/** What the parameter of an access key holds, as JSON. */
export const accessKeyRecord = z.object({
  secret: z.string().min(40),
  name: z.string().regex(KEY_NAME),
  allow: z.array(z.enum(RIGHTS)).min(1),
  endpoints: z.array(z.string().regex(ENDPOINT_PATTERN)).min(1).optional(),
  /** Times in milliseconds since the Unix epoch. */
  createdAt: z.number(),
  /** Set when another key has taken its place. */
  expiresAt: z.number().optional(),
});

export type AccessKeyRecord = z.output<typeof accessKeyRecord>;

/** Where the parameters of a stack's keys lie. */
export function keysPath(stack: string): string {
  return `/${stack}/keys/`;
}

/** An access key without a way to read its secret, so that none can slip into a log. */
export class AccessKey {
  readonly id: string;
  readonly name: string;
  readonly allow: readonly Right[];
  readonly endpoints: readonly string[];
  readonly expiresAt: number;
  readonly #secret: string;
  #derived: { day: string; key: KeyObject } | undefined;

  constructor(id: string, { secret, name, allow, endpoints, expiresAt }: AccessKeyRecord) {
    this.id = id;
    this.name = name;
    this.allow = allow;
    this.endpoints = endpoints ?? ['*'];
    this.expiresAt = expiresAt ?? Number.POSITIVE_INFINITY;
    this.#secret = secret;
  }

  /** Kept for the day; a stack has one region and one service. */
  signingKey(scope: Scope): KeyObject {
    if (this.#derived?.day !== scope.day) {
      this.#derived = { day: scope.day, key: signingKey(this.#secret, scope) };
    }
    return this.#derived.key;
  }
}
