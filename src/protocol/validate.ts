import type * as z from 'zod';
import { SerializationException, ValidationException } from './errors.ts';

const LONGEST_VALUE_SHOWN = 256;
const DEEPEST_INPUT = 32;
const NOT_SHOWN = "'(not shown)'";

/**
 * Checks `input` against `schema` and returns it typed. `null` counts as absent.
 * @throws ValidationException with every violation, worded as SageMaker does (reference section
 * 1.4): `2 validation errors detected: Value 'x' at 'modelName' failed to satisfy constraint: …`
 */
export function validate<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const present = withoutNulls(input);
  const result = schema.safeParse(present);
  if (result.success) return result.data;
  throw violations(result.error.issues.flatMap(spread), present);
}

export interface Violation {
  path: PropertyKey[];
  constraint: string;
  /** Nobody knows what a member holds that is unknown: it may be a secret in the wrong place. */
  isUnknown?: boolean;
}

/** One exception for all `found`, for rules that a shape alone cannot tell. */
export function violations(found: Violation[], input: unknown): ValidationException {
  return new ValidationException(describe(found, input));
}

function spread(issue: z.core.$ZodIssue): Violation[] {
  if (issue.code !== 'unrecognized_keys') {
    return [{ path: issue.path, constraint: issue.message }];
  }
  return issue.keys.map((key) => ({
    path: [...issue.path, key],
    constraint:
      'Member is not part of the SageMaker API. Remove it, or check its spelling: names begin with a capital letter',
    isUnknown: true,
  }));
}

function describe(found: Violation[], input: unknown): string {
  const texts = found.map(({ path, constraint, isUnknown = false }) => {
    const value = isUnknown ? NOT_SHOWN : valueText(path, input);
    return `Value ${value} at '${pathText(path)}' failed to satisfy constraint: ${constraint}`;
  });
  const errors = texts.length === 1 ? 'error' : 'errors';
  return `${texts.length} validation ${errors} detected: ${texts.join('; ')}`;
}

function pathText(path: PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `${part + 1}.member` : lowerCamel(String(part))))
    .join('.');
}

function lowerCamel(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function valueText(path: PropertyKey[], input: unknown): string {
  let value = input;
  for (const part of path) {
    value =
      typeof value === 'object' && value !== null ? Reflect.get(value, part as string) : undefined;
  }
  if (value === undefined || value === null) return 'null';
  if (Array.isArray(value)) return `'a list of ${value.length}'`;
  // Of a structure or a map only the names: an environment often holds secrets.
  if (typeof value === 'object') return `'${shortened(Object.keys(value).join(', '))}'`;
  return path.at(-1) === 'Environment' ? NOT_SHOWN : `'${shortened(String(value))}'`;
}

function shortened(value: string): string {
  return value.length <= LONGEST_VALUE_SHOWN ? value : `${value.slice(0, LONGEST_VALUE_SHOWN)}…`;
}

/** SDKs never send null; what does send it means "not set" (reference section 1.2). */
function withoutNulls(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEEPEST_INPUT) throw new SerializationException('The body is nested too deeply.');
  if (Array.isArray(value)) return value.map((member) => withoutNulls(member, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([name, member]) => [name, withoutNulls(member, depth + 1)]),
  );
}
