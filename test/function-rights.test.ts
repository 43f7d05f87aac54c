import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleFunctions } from '../infra/bundle-functions.ts';
import { roles } from '../infra/roles.ts';
import { parseStackConfig } from '../infra/stack-config.ts';

const ROOT = join(import.meta.dirname, '..');

/** What a call is called in IAM, where that is not its own name. */
const ACTIONS: Record<string, string> = {
  'lib-dynamodb:Get': 'dynamodb:GetItem',
  'lib-dynamodb:Put': 'dynamodb:PutItem',
  'lib-dynamodb:Delete': 'dynamodb:DeleteItem',
  'lib-dynamodb:Query': 'dynamodb:Query',
  'sqs:SendMessageBatch': 'sqs:SendMessage',
};
const SERVICES: Record<string, string> = { 'cloudwatch-logs': 'logs' };

/** What a role needs beside the calls that its function's code makes through the SDK. */
const LOGGING = ['logs:CreateLogStream', 'logs:PutLogEvents'];
/** src/auth/read-key.ts signs its one call itself. */
const KEYS = ['ssm:GetParameter'];
/** So does src/aws/read-item.ts. */
const ROUTE = ['dynamodb:GetItem'];
const NETWORK = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];
/** And src/events. */
const EVENTS = ['events:PutEvents'];
const QUEUE = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
/** Of services and task definitions that are created with tags and roles. */
const CREATING = ['ecs:TagResource', 'iam:PassRole'];
/** In modules and classes that a function shares with others, and never called by it. */
const WRITES = ['dynamodb:DeleteItem', 'dynamodb:PutItem'];
const LOG_GROUPS = ['logs:CreateLogGroup', 'logs:PutRetentionPolicy'];

let folder: string;
let inputs: Record<string, string[]>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headrace-functions-'));
  const { outputs } = await bundleFunctions(folder);
  inputs = Object.fromEntries(
    Object.entries(outputs).map(([path, output]) => {
      const used = Object.entries(output.inputs).filter(
        ([, { bytesInOutput }]) => bytesInOutput > 0,
      );
      const name = path.split('/').at(-1)?.replace('.mjs', '') ?? '';
      return [name, used.map(([input]) => input).filter((input) => input.startsWith('src/'))];
    }),
  );
});

afterAll(() => rm(folder, { recursive: true }));

describe('the role of a function allows every call that its code makes, and no other', () => {
  it.each<[string, string, string[], string[]]>([
    ['api', 'ApiRole', [...LOGGING, ...KEYS], []],
    ['invoke', 'InvokeRole', [...LOGGING, ...KEYS, ...NETWORK, ...ROUTE], []],
    ['reconcile', 'ReconcileRole', [...LOGGING, ...QUEUE, ...CREATING, ...EVENTS], []],
    ['s3-trigger', 'S3TriggerRole', LOGGING, []],
    [
      'sweep',
      'SweepRole',
      LOGGING,
      [...WRITES, ...LOG_GROUPS, 'dynamodb:GetItem', 'ecs:DescribeServices'],
    ],
  ])('%s', async (name, role, besides, never) => {
    const calls = await callsIn(inputs[name] ?? []);
    const made = calls.filter((call) => !never.includes(call));

    expect(calls).toEqual(expect.arrayContaining(never));
    expect(allowedTo(role)).toEqual([...new Set([...made, ...besides])].sort());
  });
});

function allowedTo(role: string): string[] {
  const config = parseStackConfig({}, { file: '', service: 'headrace', stage: 'prod' });
  const { Policies } = roles(config)[role]!.Properties as {
    Policies: { PolicyDocument: { Statement: { Effect: string; Action: string[] }[] } }[];
  };
  const statements = Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const allowed = statements.filter(({ Effect }) => Effect === 'Allow');
  return [...new Set(allowed.flatMap(({ Action }) => Action))].sort();
}

/** By the commands and paginators that files use, of the packages that they import them from. */
async function callsIn(files: string[]): Promise<string[]> {
  const IMPORT = /import \{([^}]+)\} from '@aws-sdk\/(?:client-)?([\w-]+)'/g;
  const calls = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(ROOT, file), 'utf8');
      return [...text.matchAll(IMPORT)].flatMap(([, names = '', service = '']) =>
        [...names.matchAll(/(?<!type )\b(?:paginate)?([A-Z]\w*?)(?:Command)?\b/g)].flatMap(
          ([whole, call = '']) => {
            if (!/^paginate|Command$/.test(whole)) return [];
            const key = `${SERVICES[service] ?? service}:${call}`;
            return ACTIONS[key] ?? key;
          },
        ),
      );
    }),
  );
  return calls.flat();
}
