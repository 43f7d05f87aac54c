import { join } from 'node:path';
import type { Outcome } from '../../src/auth/keys/run-command.ts';
import type { Credentials } from './clients.ts';
import { type Ran, run } from './command.ts';
import type { RunningStack } from './run-stack.ts';

const MAIN = join(import.meta.dirname, '../../src/auth/keys/main.ts');

/** `npm run keys -- <args…> --local`, with a stack on free ports. */
export async function runKeys({ ecs }: RunningStack, ...args: string[]): Promise<Ran> {
  const where = ['--local', '--endpoint-url', ecs];
  return await run(process.execPath, [MAIN, ...args, ...where], process.env);
}

/** The same, which must succeed. */
export async function keys(stack: RunningStack, ...args: string[]): Promise<Outcome> {
  const { code, stdout, stderr } = await runKeys(stack, ...args, '--json');
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Outcome;
}

/** A new key of `rights`, such as `--allow read`. */
export async function createKey(
  stack: RunningStack,
  name: string,
  ...rights: string[]
): Promise<Credentials> {
  const { created } = await keys(stack, 'create', '--name', name, ...rights);
  const { accessKeyId = '', secretAccessKey = '' } = created[0] ?? {};
  return { accessKeyId, secretAccessKey };
}
