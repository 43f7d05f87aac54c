import type { Settings } from './settings.ts';

export const REGION = 'us-east-1';
export const ACCOUNT = '000000000000';
export const STACK = 'headrace';
export const TABLE = 'headrace';
export const CLUSTER = 'headrace';

/** Of the stand-ins. */
export interface LocalUrls {
  dynamodb: string;
  s3: string;
  ecs: string;
}

/** What the stack's template sets on AWS, for a laptop. */
export function functionsEnvironment(
  urls: LocalUrls & { queue: string },
  places: { routerImage: string; logs: string },
  { auth, bindToPortLabel }: Pick<Settings, 'auth' | 'bindToPortLabel'>,
): Record<string, string> {
  return {
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: urls.dynamodb,
    AWS_ENDPOINT_URL_SQS: urls.s3,
    AWS_ENDPOINT_URL_S3: urls.s3,
    AWS_ENDPOINT_URL_ECS: urls.ecs,
    AWS_ENDPOINT_URL_CLOUDWATCH: urls.ecs,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: urls.ecs,
    AWS_ENDPOINT_URL_SSM: urls.ecs,
    AWS_ENDPOINT_URL_EVENTBRIDGE: urls.ecs,
    HEADRACE_ACCOUNT: ACCOUNT,
    HEADRACE_AUTH: auth,
    HEADRACE_STACK: STACK,
    HEADRACE_TABLE: TABLE,
    HEADRACE_QUEUE_URL: urls.queue,
    HEADRACE_CLUSTER: CLUSTER,
    HEADRACE_ROUTER_IMAGE: places.routerImage,
    HEADRACE_ROUTER_LISTEN: '127.0.0.1',
    HEADRACE_INSTANCE_TYPES: '*',
    HEADRACE_FILE_IMAGES: 'true',
    HEADRACE_IMAGE_LABELS_URL: urls.ecs,
    HEADRACE_BIND_TO_PORT_LABEL: bindToPortLabel,
    // Tasks with a role get credentials, which the loader needs; here they open the S3 stand-in only.
    HEADRACE_TASK_ROLE: `arn:aws:iam::${ACCOUNT}:role/headrace-local-task`,
    // Here the route follows a task within milliseconds.
    HEADRACE_DRAIN_SECONDS: '2',
    HEADRACE_LOG_URL: `${places.logs}{group}`,
  };
}

export function applyEnvironment(variables: Record<string, string>): void {
  Object.assign(process.env, variables);
}

/** Nothing of the user's own AWS settings may lead a client out of this machine. */
export function forgetAwsSettings(): void {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('AWS_')) delete process.env[name];
  }
  applyEnvironment({ AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' });
}
