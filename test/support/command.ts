import { spawn } from 'node:child_process';

const PATIENCE_MS = 50_000;

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end; one that is not installed, or hangs for 50 s (`patienceMs`), rejects. */
export async function run(
  program: string,
  args: string[],
  env: Record<string, string | undefined>,
  { cwd, patienceMs = PATIENCE_MS }: { cwd?: string; patienceMs?: number } = {},
): Promise<Ran> {
  const child = spawn(program, args, {
    env,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: patienceMs,
    killSignal: 'SIGKILL',
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
    });
  }
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject);
  child.once('close', resolve);
  const code = await promise;
  if (child.signalCode === 'SIGKILL') {
    throw new Error(`${program} ${args.join(' ')} did not end in ${patienceMs / 1000} s.`);
  }
  return { code, ...said };
}

/** What a person at this machine has, without what they have set for AWS. */
export function withoutAwsSettings(): Record<string, string | undefined> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  return {
    ...Object.fromEntries(own),
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_ACCESS_KEY_ID: 'any',
    AWS_SECRET_ACCESS_KEY: 'any',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_MAX_ATTEMPTS: '1',
    AWS_PAGER: '',
  };
}
