/**
 * The vocabulary of request shapes: zod schemas whose messages are SageMaker's constraint texts
 * (reference section 1.4). `validate` turns what they refuse into SageMaker's one message.
 */
import * as z from 'zod';

const required = (otherwise: string) => (issue: { input?: unknown }) =>
  issue.input === undefined || issue.input === null ? 'Member must not be null' : otherwise;

interface Length {
  min?: number;
  max?: number;
}

const AT_MOST = 'Member must have length less than or equal to';
const AT_LEAST = 'Member must have length greater than or equal to';

/** A string; `pattern` is anchored over the whole value, as the service does. */
export function text(rule: Length & { pattern?: string } = {}) {
  let schema = z.string({ error: required('Member must be a string') });
  if (rule.max !== undefined) {
    // No pattern ever meets a value that is too long: some take the square of its length.
    schema = schema.max(rule.max, { error: `${AT_MOST} ${rule.max}`, abort: true });
  }
  if (rule.min !== undefined) schema = schema.min(rule.min, `${AT_LEAST} ${rule.min}`);
  if (rule.pattern !== undefined) {
    schema = schema.regex(
      new RegExp(`^(?:${rule.pattern})$`, 'u'),
      `Member must satisfy regular expression pattern: ${rule.pattern}`,
    );
  }
  return schema;
}

interface Range {
  min?: number;
  max?: number;
}

function bounded(schema: z.ZodNumber, range: Range): z.ZodNumber {
  let result = schema;
  if (range.min !== undefined) {
    result = result.min(range.min, `Member must have value greater than or equal to ${range.min}`);
  }
  if (range.max !== undefined) {
    result = result.max(range.max, `Member must have value less than or equal to ${range.max}`);
  }
  return result;
}

export function whole(range: Range = {}) {
  const error = required('Member must be a whole number');
  return bounded(z.number({ error }).int('Member must be a whole number'), range);
}

export function decimal(range: Range = {}) {
  return bounded(z.number({ error: required('Member must be a number') }), range);
}

export function flag() {
  return z.boolean({ error: required('Member must be true or false') });
}

/** Unix epoch seconds with an optional fraction, as SDKs send them (reference section 1.2). */
export function timestamp() {
  return z.number({ error: required('Member must be a time in seconds since 1970-01-01') });
}

export function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, {
    error: required(`Member must satisfy enum value set: [${values.join(', ')}]`),
  });
}

export function list<T extends z.ZodType>(member: T, rule: Length = {}) {
  let schema = z.array(member, { error: required('Member must be a list') });
  if (rule.max !== undefined) schema = schema.max(rule.max, `${AT_MOST} ${rule.max}`);
  if (rule.min !== undefined) schema = schema.min(rule.min, `${AT_LEAST} ${rule.min}`);
  return schema;
}

/** A structure. A member that is not named here is refused, never ignored. */
export function structure<T extends z.core.$ZodLooseShape>(members: T) {
  return z.strictObject(members, { error: required('Member must be a structure') });
}

/** A member of SageMaker's API that Headrace refuses by name; `instead` is the way out. */
export function unsupported(instead: string) {
  return z.undefined({ error: `Member is not supported by Headrace: ${instead}` }).optional();
}

/** A member that is accepted only with the value that changes nothing. */
export function only<const T extends string | boolean>(value: T, instead: string) {
  return z
    .literal(value, { error: `Member is supported only as ${value} by Headrace: ${instead}` })
    .optional();
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const ENVIRONMENT_KEY = '[a-zA-Z_][a-zA-Z0-9_]*';
const IS_ENVIRONMENT_KEY = new RegExp(`^${ENVIRONMENT_KEY}$`);

/** A container's environment (reference section 2.2): 0..100 entries, keys and values 0..1024. */
export function environment({ most = 100, longest = 1024 } = {}) {
  return z
    .custom<Record<string, unknown>>(isMap, { error: required('Member must be a map of strings') })
    .check((context) => {
      const entries = Object.entries(context.value);
      const refuse = (message: string) =>
        context.issues.push({ code: 'custom', message, input: context.value });
      if (entries.length > most) refuse(`${AT_MOST} ${most}`);
      if (Object.hasOwn(context.value, '__proto__')) refuse('Map key __proto__ cannot be kept');
      if (entries.some(([key]) => key.length > 1024 || !IS_ENVIRONMENT_KEY.test(key))) {
        refuse(
          `Map keys must satisfy constraint: [${AT_MOST} 1024, ${AT_LEAST} 0, ` +
            `Member must satisfy regular expression pattern: ${ENVIRONMENT_KEY}]`,
        );
      }
      if (entries.some(([, value]) => typeof value !== 'string' || value.length > longest)) {
        refuse(
          `Map value must satisfy constraint: [${AT_MOST} ${longest}, ${AT_LEAST} 0, ` +
            'Member must satisfy regular expression pattern: [\\S\\s]*]',
        );
      }
    })
    .transform((map) => map as Record<string, string>);
}
