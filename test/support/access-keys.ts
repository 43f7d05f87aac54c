import { join } from 'node:path';
import type { Outcome } from '../../src/auth/keys/run-command.ts';
import type { Credentials } from './clients.ts';
import { run } from './command.ts';
import type { RunningStack } from './run-stack.ts';

const MAIN = join(import.meta.dirname, '../../src/auth/keys/main.ts');

/** `npm run keys -- <args…> --local`, with a stack on free ports. @throws what it complains of */
export async function keys({ ecs }: RunningStack, ...args: string[]): Promise<Outcome> {
  const where = ['--local', '--endpoint-url', ecs, '--json'];
  const line = [MAIN, ...args, ...where];
  const { code, stdout, stderr } = await run(process.execPath, line, process.env);
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
