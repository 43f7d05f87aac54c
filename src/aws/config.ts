import * as z from 'zod';
import type { Credentials } from './signed-call.ts';
import { STACK_NAME } from './stack-name.ts';

const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const names = z
  .string()
  .transform((value) => value.split(',').map((name) => name.trim()))
  .pipe(z.array(z.string().min(1)));

/** Every setting of the functions, as environment variables. The stack's template sets them. */
export const environment = z.object({
  AWS_REGION: z.string().min(1),
  /** 12 digits. */
  HEADRACE_ACCOUNT: z.string().regex(/^\d{12}$/),
  HEADRACE_PARTITION: z.string().min(1).default('aws'),
  /** What the names of all that the stack makes begin with. */
  HEADRACE_STACK: z.string().regex(STACK_NAME),
  /**
   * Who checks that a caller may ask: the functions, by the stack's own access `keys`; API Gateway, by
   * `iam`, before they see the request; or nobody, on a laptop.
   */
  HEADRACE_AUTH: z.enum(['keys', 'iam', 'none']).default('keys'),
  /** The DynamoDB table that holds every definition. */
  HEADRACE_TABLE: z.string().min(1),
  /** URL of the SQS queue that wakes the reconciler. */
  HEADRACE_QUEUE_URL: z.url(),
  /** ECS cluster, by name. */
  HEADRACE_CLUSTER: z.string().min(1),
  /** Image of the router and the loader. */
  HEADRACE_ROUTER_IMAGE: z.string().min(1),
  /** Where the router listens inside its task. */
  HEADRACE_ROUTER_LISTEN: z.ipv4().default('0.0.0.0'),
  /** ml.* types the stack has capacity for, comma-separated; `*` on a laptop. */
  HEADRACE_INSTANCE_TYPES: names,
  /** Containers per model: a quota of ours. SageMaker's API stops at 15. */
  HEADRACE_MAX_CONTAINERS: z.coerce.number().int().min(1).max(15).default(5),
  /** `true` on a laptop: `file:<dir>` is an image. */
  HEADRACE_FILE_IMAGES: flag.default(false),
  /** On a laptop: the stand-in that can tell an image's labels. */
  HEADRACE_IMAGE_LABELS_URL: z.url().optional(),
  /** What CreateModel does about an image of a pipeline without SageMaker's accept-bind-to-port label. */
  HEADRACE_BIND_TO_PORT_LABEL: z.enum(['require', 'warn']).default('require'),
  HEADRACE_SUBNETS: names.optional(),
  HEADRACE_SECURITY_GROUPS: names.optional(),
  /** Role with which ECS pulls images and writes logs. */
  HEADRACE_EXECUTION_ROLE: z.string().optional(),
  /** Role of a pipeline whose model names none. */
  HEADRACE_TASK_ROLE: z.string().optional(),
  /** Set on a laptop only: where the workers of transform jobs find the table. */
  AWS_ENDPOINT_URL_DYNAMODB: z.url().optional(),
  /** Set on a laptop only: where the access keys lie. */
  AWS_ENDPOINT_URL_SSM: z.url().optional(),
  /** Whether each container has metrics of its own. */
  HEADRACE_CONTAINER_METRICS: flag.default(true),
  /** Whether X-Ray gets to know of the calls of tasks. */
  HEADRACE_TRACING: z.enum(['off', 'xray']).default('off'),
  /** Lambda's own, `host:port`. */
  AWS_XRAY_DAEMON_ADDRESS: z.string().optional(),
  /** Set on a laptop only: where events go. */
  AWS_ENDPOINT_URL_EVENTBRIDGE: z.url().optional(),
  /** How long a task that is told to stop goes on answering: until every route has forgotten it. */
  HEADRACE_DRAIN_SECONDS: z.coerce.number().int().min(1).max(60).default(20),
  HEADRACE_LOG_RETENTION_DAYS: z.coerce.number().int().min(1).default(30),
  /** What follows "See " in a ModelError; `{group}` is replaced. Default: the CloudWatch console. */
  HEADRACE_LOG_URL: z.string().optional(),
});

export interface Config {
  region: string;
  account: string;
  partition: string;
  stack: string;
  auth: 'keys' | 'iam' | 'none';
  ssmUrl: string;
  eventBridgeUrl: string;
  containerMetrics: boolean;
  /** undefined: nothing is traced. */
  xrayDaemon: string | undefined;
  table: string;
  queueUrl: string;
  cluster: string;
  routerImage: string;
  routerListen: string;
  /** `'any'` on a laptop, where an instance type is but a name. */
  instanceTypes: 'any' | string[];
  maxContainers: number;
  fileImages: boolean;
  imageLabelsUrl: string | undefined;
  bindToPortLabel: 'require' | 'warn';
  subnets: string[];
  securityGroups: string[];
  executionRole: string | undefined;
  dynamodbUrl: string | undefined;
  taskRole: string | undefined;
  drainSeconds: number;
  logRetentionDays: number;
  logUrl: string;
}

/** @throws Error that names every variable that is missing or wrong, on one line. */
export function parseConfig(variables: Record<string, string | undefined>): Config {
  const result = environment.safeParse(variables);
  if (!result.success) {
    const wrong = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The function's environment is wrong: ${wrong.join('; ')}`);
  }
  const set = result.data;
  const region = set.AWS_REGION;
  return {
    region,
    account: set.HEADRACE_ACCOUNT,
    partition: set.HEADRACE_PARTITION,
    stack: set.HEADRACE_STACK,
    auth: set.HEADRACE_AUTH,
    ssmUrl: set.AWS_ENDPOINT_URL_SSM ?? `https://ssm.${region}.${dnsSuffix(region)}`,
    eventBridgeUrl:
      set.AWS_ENDPOINT_URL_EVENTBRIDGE ?? `https://events.${region}.${dnsSuffix(region)}`,
    containerMetrics: set.HEADRACE_CONTAINER_METRICS,
    xrayDaemon: set.HEADRACE_TRACING === 'xray' ? set.AWS_XRAY_DAEMON_ADDRESS : undefined,
    table: set.HEADRACE_TABLE,
    queueUrl: set.HEADRACE_QUEUE_URL,
    cluster: set.HEADRACE_CLUSTER,
    routerImage: set.HEADRACE_ROUTER_IMAGE,
    routerListen: set.HEADRACE_ROUTER_LISTEN,
    instanceTypes: set.HEADRACE_INSTANCE_TYPES.includes('*') ? 'any' : set.HEADRACE_INSTANCE_TYPES,
    maxContainers: set.HEADRACE_MAX_CONTAINERS,
    fileImages: set.HEADRACE_FILE_IMAGES,
    imageLabelsUrl: set.HEADRACE_IMAGE_LABELS_URL,
    bindToPortLabel: set.HEADRACE_BIND_TO_PORT_LABEL,
    subnets: set.HEADRACE_SUBNETS ?? [],
    securityGroups: set.HEADRACE_SECURITY_GROUPS ?? [],
    executionRole: set.HEADRACE_EXECUTION_ROLE,
    dynamodbUrl: set.AWS_ENDPOINT_URL_DYNAMODB,
    taskRole: set.HEADRACE_TASK_ROLE,
    drainSeconds: set.HEADRACE_DRAIN_SECONDS,
    logRetentionDays: set.HEADRACE_LOG_RETENTION_DAYS,
    logUrl: set.HEADRACE_LOG_URL ?? consoleUrl(region),
  };
}

/** Of the host names of AWS's services. */
export function dnsSuffix(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}

function consoleUrl(region: string): string {
  const home = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}`;
  return `${home}#logEventViewer:group={group}`;
}

export function configFromEnvironment(): Config {
  return parseConfig(process.env);
}

/** The trace of the invocation that runs: Lambda sets it anew for each. */
export function traceHeaderFromEnvironment(): string | undefined {
  return process.env._X_AMZN_TRACE_ID;
}

/** Of the function's role: Lambda sets them for as long as the process lives. */
export function credentialsFromEnvironment(): Credentials {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN } = process.env;
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN,
  };
}
