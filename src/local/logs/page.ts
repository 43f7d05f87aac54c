import { AwsError } from './aws-error.ts';

export interface Page<Item> {
  readonly items: Item[];
  readonly nextToken?: string;
}

/**
 * One page of an ordered list. The token says after which key to go on, so that a page stays right when
 * items come and go meanwhile. An error with the code `invalidToken` on a token we did not give.
 */
export function paginate<Item>(
  items: readonly Item[],
  options: {
    keyOf: (item: Item) => string;
    limit: number;
    nextToken: string | undefined;
    descending?: boolean;
    invalidToken?: string;
  },
): Page<Item> {
  const { keyOf, limit, nextToken, descending = false } = options;
  const { invalidToken = 'InvalidParameterException' } = options;
  const ordered = items.toSorted((a, b) => {
    const order = keyOf(a) < keyOf(b) ? -1 : 1;
    return descending ? -order : order;
  });
  const after = nextToken === undefined ? undefined : decodeToken(nextToken, invalidToken);
  const rest =
    after === undefined
      ? ordered
      : ordered.filter((item) => (descending ? keyOf(item) < after : keyOf(item) > after));
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return rest.length > page.length && last !== undefined
    ? { items: page, nextToken: encodeToken(keyOf(last)) }
    : { items: page };
}

const TOKEN_PREFIX = 'after:';

function encodeToken(key: string): string {
  return Buffer.from(TOKEN_PREFIX + key).toString('base64url');
}

function decodeToken(token: string, invalidToken: string): string {
  const text = Buffer.from(token, 'base64url').toString();
  if (!text.startsWith(TOKEN_PREFIX)) {
    throw new AwsError(invalidToken, 'Invalid token in request.');
  }
  return text.slice(TOKEN_PREFIX.length);
}
