import { parseArgs } from 'node:util';
import { STACK_NAME } from '../../aws/stack-name.ts';
import { ENDPOINT_PATTERN, KEY_NAME, RIGHTS, type Right } from '../access-key.ts';

/** What a person typed is not right; the message says what is. */
export class UsageError extends Error {}

/** Which keys a command is about. */
export type Selection = { id: string } | { name: string } | 'all';

export type Command =
  | { command: 'create'; name: string; allow: Right[]; endpoints: string[] | undefined }
  | { command: 'list' }
  | { command: 'rotate'; selection: Exclude<Selection, 'all'>; overlapMs: number }
  | { command: 'revoke'; selection: Selection };

export type CommandLine = Command & {
  stack: string;
  region: string | undefined;
  /** Where SSM is, when that is not AWS. */
  endpoint: string | undefined;
  json: boolean;
};

const OPTIONS = {
  name: { type: 'string' },
  allow: { type: 'string', multiple: true },
  endpoints: { type: 'string', multiple: true },
  overlap: { type: 'string', default: '24h' },
  all: { type: 'boolean', default: false },
  stage: { type: 'string', default: 'dev' },
  stack: { type: 'string' },
  region: { type: 'string' },
  local: { type: 'boolean', default: false },
  'endpoint-url': { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** Which options a command has besides those that say where the stack is. */
const OWN_OPTIONS: Record<Command['command'], readonly string[]> = {
  create: ['name', 'allow', 'endpoints'],
  list: [],
  rotate: ['name', 'overlap'],
  revoke: ['name', 'all'],
};
const COMMON_OPTIONS = ['stage', 'stack', 'region', 'local', 'endpoint-url', 'json'];

const LAPTOP = { stack: 'headrace', region: 'us-east-1' };
const MINUTES = { m: 1, h: 60, d: 24 * 60 };

type Values = ReturnType<typeof valuesIn>['values'];

/** @throws UsageError */
export function parseCommandLine(
  args: string[],
  environment: Record<string, string | undefined>,
): CommandLine {
  const { values, positionals, tokens } = valuesIn(args);
  const [name = '', ...ids] = positionals;
  const command = commandOf(name);
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    if (![...OWN_OPTIONS[command], ...COMMON_OPTIONS].includes(token.name)) {
      throw new UsageError(`${command} takes no ${token.rawName}.`);
    }
  }
  return { ...parsed(command, ids, values), ...placeOf(values, environment), json: values.json };
}

function valuesIn(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true, tokens: true });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

function commandOf(name: string): Command['command'] {
  const commands = Object.keys(OWN_OPTIONS) as Command['command'][];
  const command = commands.find((one) => one === name);
  if (command !== undefined) return command;
  const said = name === '' ? 'Nothing is said of what to do' : `There is no "${name}"`;
  throw new UsageError(`${said}. There are: ${commands.join(', ')}.`);
}

function parsed(command: Command['command'], ids: string[], values: Values): Command {
  if (command === 'rotate') {
    const selection = selectionOf(ids, values);
    if (selection === 'all') throw new UsageError('Name the key to rotate: --name ci, or its id.');
    return { command, selection, overlapMs: durationOf(values.overlap) };
  }
  if (command === 'revoke') return { command, selection: selectionOf(ids, values) };
  if (ids.length > 0) throw new UsageError(`${command} takes no "${ids.join(' ')}".`);
  return command === 'list' ? { command } : { command, ...newKey(values) };
}

function newKey({ name, allow, endpoints }: Values) {
  if (name === undefined || !KEY_NAME.test(name)) {
    throw new UsageError(
      'A key needs a --name that says who uses it: 1 to 64 of letters, digits and _+=,.@-',
    );
  }
  const rights = listed(allow ?? []).map((right) => {
    const known = RIGHTS.find((one) => one === right);
    if (known !== undefined) return known;
    throw new UsageError(`--allow ${right}: a right is one of ${RIGHTS.join(', ')}.`);
  });
  if (rights.length === 0) {
    throw new UsageError(`Say what the key may do: --allow with ${RIGHTS.join(', or ')}.`);
  }
  const patterns = endpoints && listed(endpoints);
  for (const pattern of patterns ?? []) {
    if (ENDPOINT_PATTERN.test(pattern)) continue;
    throw new UsageError(
      `--endpoints ${pattern}: a pattern is the name of an endpoint, in which * stands for any characters.`,
    );
  }
  if (patterns !== undefined && (rights.includes('admin') || !rights.includes('invoke'))) {
    throw new UsageError(
      '--endpoints limits --allow invoke, and nothing else: admin may do everything, read sees everything.',
    );
  }
  return { name, allow: [...new Set(rights)], endpoints: patterns };
}

/** A list may be one value with commas, or the option several times. */
function listed(values: string[]): string[] {
  return values.flatMap((value) => value.split(',')).map((value) => value.trim());
}

function selectionOf(ids: string[], { name, all }: Values): Selection {
  const [id, ...more] = ids;
  const given = [id, name, all || undefined].filter((one) => one !== undefined);
  if (given.length !== 1 || more.length > 0) {
    throw new UsageError('Say which key: its id, or --name.');
  }
  if (id !== undefined) return { id };
  return name === undefined ? 'all' : { name };
}

function durationOf(text: string): number {
  const [, number, unit] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  if (number !== undefined) {
    return Number(number) * MINUTES[unit as keyof typeof MINUTES] * 60_000;
  }
  throw new UsageError(`--overlap ${text}: it is a time such as 30m, 24h or 7d; 0m for none.`);
}

function placeOf(
  { local, region, stack, stage, ...others }: Values,
  { HEADRACE_ECS_PORT }: Record<string, string | undefined>,
) {
  const endpoint = others['endpoint-url'];
  if (local) {
    const url = endpoint ?? `http://127.0.0.1:${HEADRACE_ECS_PORT || 4683}`;
    return { ...LAPTOP, endpoint: url };
  }
  const name = stack ?? `headrace-${stage}`;
  if (!STACK_NAME.test(name)) throw new UsageError(`"${name}" cannot be the name of a stack.`);
  return { stack: name, region, endpoint };
}
