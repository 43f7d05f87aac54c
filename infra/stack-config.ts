import * as z from 'zod';
import { STACK_NAME } from '../src/aws/stack-name.ts';
import { isSizedInstanceType } from '../src/fleet/instance-types.ts';

/** CloudWatch Logs' PutRetentionPolicy takes no other number of days. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

const id = (kind: string) =>
  z.string().regex(new RegExp(`^${kind}-[0-9a-f]{8,17}$`), `must be the id of one, as ${kind}-…`);

const hosts = z.strictObject({
  min: z.int().min(0).default(0),
  max: z.int().min(1).max(500).default(1),
  spot: z.number().min(0).max(1).default(0),
});

const instanceTypes = z
  .record(z.string(), hosts)
  .refine((types) => Object.keys(types).length > 0, 'must offer one type at least')
  .superRefine((types, context) => {
    for (const [type, { min, max }] of Object.entries(types)) {
      const complain = (message: string) =>
        context.addIssue({ code: 'custom', path: [type], message });
      const problem = problemOf(type);
      if (problem !== undefined) complain(problem);
      if (min > max) complain(`min is ${min}, which is more than max, ${max}`);
    }
  });

const network = z.strictObject({
  cidr: z
    .string()
    .regex(/^\d{1,3}(\.\d{1,3}){3}\/(1[6-9]|2[0-4])$/, 'must be a block of /16 to /24')
    .default('10.42.0.0/16'),
  zones: z.int().min(2).max(3).default(2),
  nat: z.boolean().default(false),
  vpc: z
    .strictObject({
      id: id('vpc'),
      taskSubnets: z.array(id('subnet')).min(1),
      hostSubnets: z.array(id('subnet')).min(1),
    })
    .optional(),
  callers: z.array(id('sg')).default([]),
});

const stackConfig = z.strictObject({
  instanceTypes: instanceTypes.default({ 'ml.c5.large': { min: 0, max: 4, spot: 0 } }),
  diskGiB: z.int().min(30).max(16_384).default(50),
  network: network.prefault({}),
  buckets: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket'))
    .default([]),
  executionRoles: z
    .array(z.string().regex(/^[\w+=,.@/*-]+$/, 'must be a role, as path/name'))
    .optional(),
  // One ECS task holds ten: the router, the loader and the batch worker among them.
  maxContainers: z.int().min(1).max(7).default(5),
  logRetentionDays: z
    .int()
    .refine((days) => RETENTION_DAYS.includes(days), `must be one of ${RETENTION_DAYS.join(', ')}`)
    .default(30),
  signIn: z.enum(['keys', 'iam', 'none']).default('keys'),
  throttle: z
    .strictObject({ rate: z.int().min(1).max(100_000), burst: z.int().min(1).max(100_000) })
    .default({ rate: 1000, burst: 2000 }),
  accessLog: z.boolean().default(true),
  containerMetrics: z.boolean().default(true),
  tracing: z.enum(['off', 'xray']).default('off'),
  alarms: z.strictObject({ email: z.email() }).optional(),
  router: z
    .strictObject({ image: z.string().regex(/^[\w.:/@-]+$/, 'must be an image') })
    .optional(),
});

export type StackConfig = z.output<typeof stackConfig> & {
  stack: string;
  stage: string;
  executionRoles: string[];
};

/** What was wrong, on one line, and nothing else: osls would print the stack of an Error that has one. */
export class StackConfigError extends Error {
  override name = 'StackConfigError';

  constructor(file: string, problems: string[]) {
    super(`${file}: ${problems.join('; ')}`);
    this.stack = this.message;
  }
}

export interface ConfigSource {
  /** For the errors. */
  file: string;
  service: string;
  stage: string;
}

/**
 * The settings of one stage, from what the file holds.
 * @throws StackConfigError that names every member that is not known or not right
 */
export function parseStackConfig(
  content: unknown,
  { file, service, stage }: ConfigSource,
): StackConfig {
  const stack = `${service}-${stage}`;
  if (!STACK_NAME.test(stack)) {
    throw new StackConfigError('--stage', [
      `"${stage}" makes the stack's name "${stack}"; that may have a-z, 0-9 and "-", 32 characters at most`,
    ]);
  }
  const { stages = {}, ...common } = z.record(z.string(), z.unknown()).parse(content ?? {});
  const own = z.record(z.string(), z.record(z.string(), z.unknown())).safeParse(stages ?? {});
  if (!own.success) {
    throw new StackConfigError(file, ['stages must hold a list of members for each stage']);
  }
  const result = stackConfig.safeParse({ ...common, ...own.data[stage] });
  if (!result.success) throw new StackConfigError(file, result.error.issues.map(told));
  // Who may create models in one stage must not get at the roles of another.
  const { executionRoles = [`${stack}/*`] } = result.data;
  return { ...result.data, stack, stage, executionRoles };
}

function told({ path, message, ...issue }: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    const members = issue.keys.map((key) => [...path, key].join('.'));
    return `${members.join(', ')} is no member`;
  }
  return `${path.join('.')}: ${message}`;
}

/** Why tasks cannot be placed on hosts of the type by this stack; undefined when they can. */
function problemOf(type: string): string | undefined {
  if (!isSizedInstanceType(type)) return 'is no instance type, such as ml.c5.large';
  if (/^ml\.(g|p|inf|trn|dl)\d/.test(type)) {
    return 'has an accelerator, and tasks are not given any yet; offer types of the families c, m, r and t';
  }
  return undefined;
}
