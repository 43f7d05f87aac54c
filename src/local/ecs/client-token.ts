import { createHash } from 'node:crypto';
import type { Ecs } from './ecs.ts';

/**
 * The ARNs that an earlier call with the same token and the same input made. `mismatch` gives the error
 * for a token that came with other input.
 */
export function earlierResult(
  ecs: Ecs,
  operation: string,
  input: { clientToken?: string | undefined },
  mismatch: () => Error,
): readonly string[] | undefined {
  if (input.clientToken === undefined) return undefined;
  const earlier = ecs.state.tokens.get(`${operation}:${input.clientToken}`);
  if (earlier !== undefined && earlier.inputHash !== hash(input)) throw mismatch();
  return earlier?.arns;
}

export function rememberResult(
  ecs: Ecs,
  operation: string,
  input: { clientToken?: string | undefined },
  arns: readonly string[],
): void {
  if (input.clientToken === undefined) return;
  ecs.state.tokens.put(`${operation}:${input.clientToken}`, {
    arns,
    inputHash: hash(input),
    usedAt: ecs.options.clock.now(),
  });
}

function hash(input: unknown): string {
  return createHash('sha256').update(JSON.stringify(input)).digest('hex');
}
